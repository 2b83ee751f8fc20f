from django.urls import path

from appeal import api, views
from appeal.pledge import pages as pledge

app_name = "appeal"
urlpatterns = [
    path("", views.home, name="home"),
    path("campaigns/<slug:slug>/", views.campaign, name="campaign"),
    path("campaigns/<slug:slug>/preview/", views.preview, name="preview"),
    path("stories/<slug:key>.jpg", views.story_photo, name="story-photo"),
    path("pledge/", pledge.pledge, name="pledge"),
    path("pledge/<int:version>/<str:language>/", pledge.pledge_text, name="pledge-text"),
    path("pledge/sign/", pledge.sign, name="pledge-sign"),
    path("pledge/sign/asked/", pledge.asked, name="pledge-asked"),
    path("pledge/confirm/<str:token>/", pledge.confirm, name="pledge-confirm"),
    path("pledge/signers/", pledge.signers, name="pledge-signers"),
    path("pledge/mine/<str:token>/", pledge.own, name="pledge-own"),
    path("pledge/mine/<str:token>/since/", pledge.did, name="pledge-did"),
    path("pledge/mine/<str:token>/withdraw/", pledge.withdraw, name="pledge-withdraw"),
    path("api/campaigns/", api.CampaignList.as_view(), name="api-campaigns"),
    path("api/campaigns/<slug:slug>/", api.CampaignDetail.as_view(), name="api-campaign"),
]
