"""The routes of pictures that one machine has beside the functions: uploads, and the pictures themselves.

A deployment has S3 and CloudFront for both.
"""

from shopkeeper.domains.catalogue.upload_endpoints import read_picture, upload_picture
from shopkeeper.domains.catalogue.uploads import Uploads
from shopkeeper.functions.resources import Resources
from shopkeeper.http import PROBLEM_JSON, Route
from shopkeeper.storage.pictures.folder import PictureFolder


def picture_routes(resources: Resources) -> list[Route]:
    """Return the routes of pictures in a folder; none if they are elsewhere."""
    folder = resources.pictures()
    if not isinstance(folder, PictureFolder) or resources.identity is None:
        return []
    uploads = Uploads(resources.store, resources.clock, resources.identity.keyring, folder)
    return [Route(one, uploads, PROBLEM_JSON) for one in (upload_picture, read_picture)]
