from django.urls import path

from donations import after_giving, inbox, my_gifts, views, wall

app_name = "donations"
urlpatterns = [
    path("give/<slug:slug>/", views.give, name="give"),
    path("gifts/<slug:reference>/", views.gift, name="gift"),
    path("gifts/<slug:reference>/thanks/", views.thanks, name="thanks"),
    path("gifts/<slug:reference>/to-payment/", views.to_payment, name="to-payment"),
    path("gifts/<slug:reference>/resume/", views.resume, name="resume"),
    path("gifts/<slug:reference>/cancel/", views.cancel, name="cancel"),
    path("gifts/<slug:reference>/words/", after_giving.say, name="say"),
    path("gifts/<slug:reference>/tribute/", after_giving.tribute, name="tribute"),
    path("cards/never-again/<str:token>/", after_giving.never_again, name="never-again"),
    path("campaigns/<slug:slug>/supporters/", wall.wall, name="wall"),
    path("campaigns/<slug:slug>/supporters/<int:before>/", wall.wall, name="older-on-the-wall"),
    path("my-gifts/", my_gifts.my_gifts, name="my-gifts"),
    path("my-gifts/asked/", my_gifts.asked, name="my-gifts-asked"),
    path("my-gifts/open/<str:token>/", my_gifts.open_link, name="open-my-gifts"),
    path("my-gifts/leave/", my_gifts.leave, name="leave-my-gifts"),
    path("my-gifts/stop/<str:token>/", my_gifts.stop, name="stop-monthly-gift"),
    path("my-gifts/<slug:reference>/", my_gifts.monthly_gift, name="monthly-gift"),
    path("my-gifts/<slug:reference>/card/", my_gifts.card, name="monthly-gift-card"),
    path("my-gifts/<slug:reference>/card/done/", my_gifts.card_done, name="monthly-gift-card-done"),
    path("my-gifts/<slug:reference>/<slug:name>/", my_gifts.change, name="change-monthly-gift"),
    # config.wsgi answers it without Django; here it is for reverse() and for servers that know Django only.
    path("stripe/webhook/", inbox.receive, name="webhook"),
]
