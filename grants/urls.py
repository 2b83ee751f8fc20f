from django.urls import path

from grants import applying, award_page, calling, photo_page, report_page, views

app_name = "grants"
urlpatterns = [
    path("calls/", calling.calls, name="calls"),
    path("calls/<slug:slug>/", calling.call, name="call"),
    path("calls/<slug:slug>/start/", calling.start, name="start"),
    path("resume/", applying.resume, name="resume"),
    path("resume/asked/", applying.asked, name="resume-asked"),
    path("resume/leave/", applying.leave, name="leave"),
    path("resume/<str:code>/", applying.resume_by_link, name="resume-by-link"),
    path("apply/<slug:reference>/", applying.application, name="application"),
    path("apply/<slug:reference>/code/", applying.code, name="application-code"),
    path("apply/<slug:reference>/check/", applying.check, name="application-check"),
    path("apply/<slug:reference>/withdraw/", applying.withdraw, name="application-withdraw"),
    path("apply/<slug:reference>/files/", applying.files, name="application-files"),
    path("apply/<slug:reference>/files/<str:key>/", applying.file, name="application-file"),
    path("apply/<slug:reference>/<slug:name>/", applying.page, name="application-page"),
    path("award/<str:key>/", award_page.award, name="award"),
    path("report/<str:key>/", report_page.report, name="report"),
    path("report/<str:key>/photos/", photo_page.photos, name="report-photos"),
    path("report/<str:key>/photos/<str:photo>/", photo_page.photo, name="report-photo"),
    path("confirm/<str:key>/", views.confirm, name="confirm"),
]
