from django.urls import path

from appeal import api, spreading, story_pages, views
from appeal.joining import pages as joining
from appeal.pledge import pages as pledge

app_name = "appeal"
urlpatterns = [
    path("", views.home, name="home"),
    path("language/", views.language, name="language"),
    path("card.png", spreading.house_card, name="house-card"),
    path("campaigns/<slug:slug>/", views.campaign, name="campaign"),
    path("campaigns/<slug:slug>/preview/", views.preview, name="preview"),
    path("join/", joining.join, name="join"),
    path("join/asked/", joining.asked, name="join-asked"),
    path("sent/confirm/<str:token>/", joining.confirm, name="join-confirm"),
    path("sent/<str:token>/", joining.own, name="join-own"),
    path("sent/<str:token>/all.json", joining.own_data, name="join-data"),
    path("sent/<str:token>/erase/", joining.erase, name="join-erase"),
    path("join/<slug:kind>/", joining.ask, name="join-ask"),
    path("pledge/", pledge.pledge, name="pledge"),
    path("pledge/<int:version>/<str:language>/", pledge.pledge_text, name="pledge-text"),
    path("pledge/sign/", pledge.sign, name="pledge-sign"),
    path("pledge/sign/asked/", pledge.asked, name="pledge-asked"),
    path("pledge/confirm/<str:token>/", pledge.confirm, name="pledge-confirm"),
    path("pledge/signers/", pledge.signers, name="pledge-signers"),
    path("pledge/mine/<str:token>/", pledge.own, name="pledge-own"),
    path("pledge/mine/<str:token>/since/", pledge.did, name="pledge-did"),
    path("pledge/mine/<str:token>/withdraw/", pledge.withdraw, name="pledge-withdraw"),
    path("campaigns/<slug:slug>/card.png", spreading.campaign_card, name="card"),
    path("campaigns/<slug:slug>/spread/", spreading.spread, name="spread"),
    path("campaigns/<slug:slug>/widget/", spreading.widget, name="widget"),
    path("campaigns/<slug:slug>/poster/", spreading.poster, name="poster"),
    path("campaigns/<slug:slug>/qr.svg", spreading.qr_svg, name="qr-svg"),
    path("campaigns/<slug:slug>/qr.png", spreading.qr_png, name="qr-png"),
    path("campaigns/<slug:slug>/stories/", story_pages.story_list, name="stories-of"),
    path("campaigns/<slug:slug>/stories/before/<slug:key>/", story_pages.story_list, name="stories-of-before"),
    path("campaigns/<slug:slug>/stories.atom", story_pages.story_feed, name="feed-of"),
    path("stories/", story_pages.story_list, name="stories"),
    path("stories/before/<slug:key>/", story_pages.story_list, name="stories-before"),
    path("stories.atom", story_pages.story_feed, name="feed"),
    path("stories/<slug:key>.<slug:kind>", story_pages.photo, name="story-photo"),
    path("stories/small/<slug:key>.<slug:kind>", story_pages.small_photo, name="story-photo-small"),
    path("stories/<slug:key>/", story_pages.story, name="story"),
    path("stories/<slug:key>/<slug:language>/", story_pages.story, name="story-in"),
    path("api/campaigns/", api.CampaignList.as_view(), name="api-campaigns"),
    path("api/campaigns/<slug:slug>/", api.CampaignDetail.as_view(), name="api-campaign"),
]
