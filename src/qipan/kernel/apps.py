from django.apps import AppConfig
from django.db.backends.signals import connection_created
from django.db.models.signals import post_migrate


class KernelConfig(AppConfig):
    name = "qipan.kernel"
    label = "kernel"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from qipan.kernel import grants, scope

        connection_created.connect(scope.when_connected, dispatch_uid="qipan.scope")
        post_migrate.connect(grants.after_migrate, dispatch_uid="qipan.grants")
