from django.apps import AppConfig


class DemandConfig(AppConfig):
    name = "qipan.demand"
    label = "demand"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from qipan.demand import figures  # noqa: F401  (declares them)
