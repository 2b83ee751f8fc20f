from django.urls import path

from receipts import views
from receipts.reports import pages

app_name = "receipts"
urlpatterns = [
    path("receipts/<slug:key>/", views.receipt, name="receipt"),
    path("receipts/<slug:key>.pdf", views.pdf, name="pdf"),
    path("receipts/of/<slug:reference>/", views.of_gift, name="of-gift"),
    path("award/<str:key>.pdf", views.award_letter, name="award-letter"),
    path("verify/<slug:code>/", views.verify, name="verify"),
    path("campaigns/<slug:slug>/statement/", views.statement, name="transparency"),
    path("campaigns/<slug:slug>/statement.pdf", views.statement_pdf, name="statement-pdf"),
    path("reports/", pages.report_list, name="reports"),
    path("reports/<slug:about>/", pages.report_list, name="reports-of"),
    path("reports/<slug:about>/<slug:period>/", pages.report, name="report"),
    path("reports/files/<str:name>", pages.report_file, name="report-file"),
]
