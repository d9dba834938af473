from django.apps import AppConfig


class ResumptionConfig(AppConfig):
    name = "qipan.resumption"
    label = "resumption"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from qipan.resumption import figures  # noqa: F401  (declares them)
