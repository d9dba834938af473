from django.apps import AppConfig


class UiConfig(AppConfig):
    name = "qipan.ui"
    label = "ui"
