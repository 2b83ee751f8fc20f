from django.urls import path

from donations import inbox, views

app_name = "donations"
urlpatterns = [
    path("give/<slug:slug>/", views.give, name="give"),
    path("gifts/<slug:reference>/", views.gift, name="gift"),
    path("gifts/<slug:reference>/thanks/", views.thanks, name="thanks"),
    path("gifts/<slug:reference>/resume/", views.resume, name="resume"),
    path("gifts/<slug:reference>/cancel/", views.cancel, name="cancel"),
    # Answered by inbox.IntakeFirst before any middleware; named here for reverse() and for the test client's sake.
    path("stripe/webhook/", inbox.receive, name="webhook"),
]
