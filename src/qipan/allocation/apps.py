from django.apps import AppConfig


class AllocationConfig(AppConfig):
    name = "qipan.allocation"
    label = "allocation"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from qipan.allocation import figures  # noqa: F401  (declares them)
