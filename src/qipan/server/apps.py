from django.apps import AppConfig


class ServerConfig(AppConfig):
    name = "qipan.server"
    label = "server"
