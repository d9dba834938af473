from django.apps import AppConfig


class TransportConfig(AppConfig):
    name = "qipan.transport"
    label = "transport"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from qipan.transport import figures  # noqa: F401  (declares them)
