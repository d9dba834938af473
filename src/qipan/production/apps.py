from django.apps import AppConfig


class ProductionConfig(AppConfig):
    name = "qipan.production"
    label = "production"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from qipan.production import figures  # noqa: F401  (declares them)
