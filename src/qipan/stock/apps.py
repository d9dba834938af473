from django.apps import AppConfig


class StockConfig(AppConfig):
    name = "qipan.stock"
    label = "stock"
    default_auto_field = "django.db.models.BigAutoField"
