from django.urls import path

from appeal import api, views

app_name = "appeal"
urlpatterns = [
    path("", views.home, name="home"),
    path("campaigns/<slug:slug>/", views.campaign, name="campaign"),
    path("campaigns/<slug:slug>/preview/", views.preview, name="preview"),
    path("stories/<slug:key>.jpg", views.story_photo, name="story-photo"),
    path("api/campaigns/", api.CampaignList.as_view(), name="api-campaigns"),
    path("api/campaigns/<slug:slug>/", api.CampaignDetail.as_view(), name="api-campaign"),
]
