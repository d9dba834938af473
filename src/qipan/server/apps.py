from django.apps import AppConfig


class ServerConfig(AppConfig):
    name = "qipan.server"
    label = "server"

    def ready(self) -> None:
        from qipan.server.entrance import signals

        signals.connect()
