from django.urls import path

from receipts import open_books, views
from receipts.reports import pages

app_name = "receipts"
urlpatterns = [
    path("receipts/choice/", views.choice, name="choice"),
    path("receipts/<slug:key>/", views.receipt, name="receipt"),
    path("receipts/<slug:key>.pdf", views.pdf, name="pdf"),
    path("receipts/<slug:key>/proof.json", open_books.proof_of_receipt, name="receipt-proof"),
    path("receipts/<slug:key>/gift-aid/", views.declare, name="gift-aid"),
    path("receipts/mine/<slug:slug>/", views.where_mine_are, name="where-mine-are"),
    path("receipts/<slug:key>/where/", views.where, name="where"),
    path("receipts/of/<slug:reference>/", views.of_gift, name="of-gift"),
    path("receipts/particulars/<str:token>/", views.particulars, name="particulars"),
    path("award/<str:key>.pdf", views.award_letter, name="award-letter"),
    path("pledge/<int:version>/<str:language>.pdf", views.pledge_document, name="pledge-document"),
    path("pledge/mine/<str:token>/certificate.pdf", views.pledge_certificate, name="pledge-certificate"),
    path("verify/<slug:code>/", views.verify, name="verify"),
    path("campaigns/<slug:slug>/statement/", views.statement, name="transparency"),
    path("campaigns/<slug:slug>/statement.pdf", views.statement_pdf, name="statement-pdf"),
    path("campaigns/<slug:slug>/poster.pdf", views.poster_pdf, name="poster-pdf"),
    path("reports/", pages.report_list, name="reports"),
    path("reports/<slug:about>/", pages.report_list, name="reports-of"),
    path("reports/<slug:about>/<slug:period>/", pages.report, name="report"),
    path("reports/files/<str:name>", pages.report_file, name="report-file"),
    path("opendata/", pages.open_data, name="open-data"),
    path("transparency/", open_books.about, name="open-books"),
    path("transparency/checkpoint", open_books.checkpoint, name="log-checkpoint"),
    path("transparency/checkpoint/<size>", open_books.checkpoint_of, name="log-checkpoint-of"),
    path("transparency/key", open_books.key, name="log-key"),
    path("transparency/leaves", open_books.leaves, name="log-leaves"),
    path("transparency/proof/consistency", open_books.consistency, name="log-consistency"),
    path("transparency/proof/inclusion", open_books.inclusion, name="log-inclusion"),
    path("transparency/verify.py", open_books.checker, name="log-checker"),
]
