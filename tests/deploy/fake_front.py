"""A CloudFront, S3 and STS of our own, as far as a promotion uses them: one distribution of stage prod."""

import re

from tests.deploy.fakes import Handler
from tests.deploy.model import ACCOUNT, REGION

HOST = f"shopkeeper-prod-{ACCOUNT}-{REGION}.s3.{REGION}.amazonaws.com"
NAMESPACE = "http://cloudfront.amazonaws.com/doc/2020-05-31/"
TAG = "E2TAG"
CONFIG = "/2020-05-31/distribution/E1/config"


class FakeFront:
    """The origins of the distribution, and the colours whose pages are in the bucket."""

    def __init__(self) -> None:
        self.origins = {"pages": (HOST, "/pages/blue"), "api": (f"blueapi.execute-api.{REGION}.amazonaws.com", "/prod")}
        self.uploaded = {"blue", "green"}

    def served(self) -> tuple[str, str]:
        """Return the colour of the pages and the id of the API."""
        return self.origins["pages"][1].rpartition("/")[2], self.origins["api"][0].partition(".")[0]

    def get(self, handler: Handler) -> bool:
        """Answer a request if it is one of these services', and return whether it was."""
        if handler.path.startswith("/2020-05-31/distribution?") or handler.path == "/2020-05-31/distribution":
            handler.send(200, self._list().encode(), "text/xml")
        elif handler.path == CONFIG:
            handler.send(200, self._config("DistributionConfig").encode(), "text/xml", tag=TAG)
        elif handler.path.startswith("/shopkeeper-prod-"):
            found = re.search(r"prefix=pages%2F([a-z]+)%2F", handler.path)
            count = int(found is not None and found[1] in self.uploaded)
            body = f"<ListBucketResult><KeyCount>{count}</KeyCount></ListBucketResult>"
            handler.send(200, body.encode(), "text/xml")
        else:
            return False
        return True

    def post(self, handler: Handler) -> bool:
        """Tell who calls, if that is asked, and return whether it was."""
        if handler.path != "/":
            return False
        handler.rfile.read(int(handler.headers["content-length"]))
        body = (
            '<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult>'
            f"<Account>{ACCOUNT}</Account></GetCallerIdentityResult></GetCallerIdentityResponse>"
        )
        handler.send(200, body.encode(), "text/xml")
        return True

    def put(self, handler: Handler) -> None:
        """Take a new configuration of the distribution."""
        assert (handler.path, handler.headers["if-match"]) == (CONFIG, TAG)
        text = handler.rfile.read(int(handler.headers["content-length"])).decode()
        for origin in re.findall(r"<Origin>.*?</Origin>", text, re.DOTALL):
            name, host, path = (_text(origin, tag) for tag in ("Id", "DomainName", "OriginPath"))
            self.origins[name] = (host, path)
        handler.send(200, self._config("Distribution").encode(), "text/xml")

    def _list(self) -> str:
        summary = f"<Id>E1</Id><DomainName>d1.cloudfront.net</DomainName>{self._origins()}"
        return (
            f'<DistributionList xmlns="{NAMESPACE}"><IsTruncated>false</IsTruncated><Quantity>1</Quantity>'
            f"<Items><DistributionSummary>{summary}</DistributionSummary></Items></DistributionList>"
        )

    def _config(self, tag: str) -> str:
        required = (
            "<CallerReference>c</CallerReference><Comment/><Enabled>true</Enabled><DefaultCacheBehavior>"
            "<TargetOriginId>pages</TargetOriginId><ViewerProtocolPolicy>https-only</ViewerProtocolPolicy>"
            "</DefaultCacheBehavior>"
        )
        return f'<{tag} xmlns="{NAMESPACE}">{required}{self._origins()}</{tag}>'

    def _origins(self) -> str:
        items = "".join(
            f"<Origin><Id>{name}</Id><DomainName>{host}</DomainName><OriginPath>{path}</OriginPath></Origin>"
            for name, (host, path) in self.origins.items()
        )
        return f"<Origins><Quantity>{len(self.origins)}</Quantity><Items>{items}</Items></Origins>"


def _text(xml: str, tag: str) -> str:
    found = re.search(f"<{tag}>([^<]*)</{tag}>", xml)
    assert found is not None, f"{tag} is not in {xml}"
    return found[1]
