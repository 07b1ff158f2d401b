"""The shop as an ASGI application. On its first start it makes its tables, and a few shoes to sell."""

import os
import sys
from decimal import Decimal
from io import BytesIO
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
os.environ["DJANGO_SETTINGS_MODULE"] = "settings"
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"  # the stock is laid in before the doors open

SHOES = {
    "Boots": [("Fell boot", "184.00", (94, 62, 38)), ("Chelsea boot", "149.50", (36, 30, 28))],
    "Shoes": [
        ("Derby", "139.00", (120, 52, 40)),
        ("Brogue", "159.00", (150, 104, 60)),
        ("Loafer", "98.00", (40, 60, 90)),
    ],
}


def picture_of(colour):
    from django.core.files.base import ContentFile
    from PIL import Image, ImageDraw

    picture = Image.new("RGB", (300, 220), (244, 240, 234))
    draw = ImageDraw.Draw(picture)
    draw.rounded_rectangle((40, 120, 260, 180), 30, fill=colour)
    draw.rounded_rectangle((40, 50, 120, 160), 24, fill=colour)
    file = BytesIO()
    picture.save(file, "PNG")
    return ContentFile(file.getvalue())


def stock():
    from oscar.apps.catalogue.categories import create_from_breadcrumbs
    from oscar.core.loading import get_model

    kind = get_model("catalogue", "ProductClass").objects.create(name="Footwear", track_stock=True)
    partner = get_model("partner", "Partner").objects.create(name="The workshop")
    get_model("address", "Country").objects.create(
        iso_3166_1_a2="GB", iso_3166_1_a3="GBR", iso_3166_1_numeric="826", printable_name="United Kingdom",
        name="United Kingdom", is_shipping_country=True,
    )  # fmt: skip
    for category, shoes in SHOES.items():
        shelf = create_from_breadcrumbs(category)
        for title, price, colour in shoes:
            product = get_model("catalogue", "Product").objects.create(
                title=title,
                product_class=kind,
                description=f"<p>{title}s, welted by hand in <em>Northampton</em>.</p>",
            )
            product.categories.add(shelf)
            image = get_model("catalogue", "ProductImage")(product=product, caption=title)
            image.original.save(f"{product.slug}.png", picture_of(colour))
            get_model("partner", "StockRecord").objects.create(
                product=product, partner=partner, partner_sku=product.slug, price=Decimal(price),
                price_currency="GBP", num_in_stock=9,
            )  # fmt: skip


def make():
    import django
    from django.core.management import call_command

    django.setup()
    call_command("migrate", run_syncdb=True, verbosity=0)
    stock()
    from django.core.asgi import get_asgi_application

    return get_asgi_application()
