from django.urls import path

from donations import inbox, views

app_name = "donations"
urlpatterns = [
    path("give/<slug:slug>/", views.give, name="give"),
    path("gifts/<slug:reference>/", views.gift, name="gift"),
    path("gifts/<slug:reference>/thanks/", views.thanks, name="thanks"),
    path("gifts/<slug:reference>/resume/", views.resume, name="resume"),
    path("gifts/<slug:reference>/cancel/", views.cancel, name="cancel"),
    # config.wsgi answers it without Django; here it is for reverse() and for servers that know Django only.
    path("stripe/webhook/", inbox.receive, name="webhook"),
]
