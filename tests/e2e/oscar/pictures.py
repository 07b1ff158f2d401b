"""What the shop's pages show of its own: pictures as they were drawn, and the snippet's server."""

import os


class AsTheyAre:
    """Oscar's thumbnails without a thumbnailer: the pictures are small."""

    def generate_thumbnail(self, source, **options):
        return source

    def delete_thumbnails(self, source):
        return


def snippet(request):
    return {"cobrowse_server": os.environ["SHOP_SERVER_URL"]}
