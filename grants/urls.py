from django.urls import path

from grants import views

app_name = "grants"
urlpatterns = [path("confirm/<str:key>/", views.confirm, name="confirm")]
