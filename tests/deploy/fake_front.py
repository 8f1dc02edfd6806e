"""A CloudFront, S3 and STS of our own, as far as a promotion uses them: one distribution of stage prod."""

import re

from tests.deploy.fakes import Handler
from tests.deploy.model import ACCOUNT, REGION

HOST = f"shopkeeper-prod-{ACCOUNT}-{REGION}.s3.{REGION}.amazonaws.com"
NAMESPACE = "http://cloudfront.amazonaws.com/doc/2020-05-31/"
VIEWER = f"arn:aws:cloudfront::{ACCOUNT}:function/shopkeeper-prod-viewer"
TAG = "E2TAG"
CONFIG = "/2020-05-31/distribution/E1/config"


class FakeFront:
    """The origins of the distribution, and the colours whose pages are in the bucket."""

    def __init__(self) -> None:
        self.origins = {"pages": (HOST, "/pages/blue"), "api": (f"blueapi.execute-api.{REGION}.amazonaws.com", "/prod")}
        self.uploaded = {"blue", "green"}
        self.urls: dict[str, str] = {}
        """The hosts of the Function URLs of the counter, by colour."""
        self.behaviours = {"/counter": ("api", False), "/auth/*": ("api", False)}
        """The origin of each pattern, and whether CloudFront's function runs before."""

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
        elif handler.path.startswith("/2021-10-31/functions/shopkeeper-prod-"):
            host = self.urls.get(handler.path.partition("prod-")[2].partition("-")[0])
            if host is None:
                handler.answer(404, {"Type": "User", "Message": "none"}, error="ResourceNotFoundException")
            else:
                handler.answer(200, {"FunctionUrl": f"https://{host}/"})
        elif handler.path.startswith("/2020-05-31/origin-access-control"):
            summary = "<Id>OAC1</Id><Name>shopkeeper-prod-counter</Name>"
            items = f"<Items><OriginAccessControlSummary>{summary}</OriginAccessControlSummary></Items>"
            body = (
                f'<OriginAccessControlList xmlns="{NAMESPACE}"><IsTruncated>false</IsTruncated>{items}'
                "</OriginAccessControlList>"
            )
            handler.send(200, body.encode(), "text/xml")
        elif handler.path == "/2020-05-31/function/shopkeeper-prod-viewer/describe?Stage=LIVE":
            metadata = f"<FunctionMetadata><FunctionARN>{VIEWER}</FunctionARN></FunctionMetadata>"
            body = f'<FunctionSummary xmlns="{NAMESPACE}">{metadata}</FunctionSummary>'
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
        self.origins = {
            _text(origin, "Id"): (_text(origin, "DomainName"), _text(origin, "OriginPath"))
            for origin in re.findall(r"<Origin>.*?</Origin>", text, re.DOTALL)
        }
        self.behaviours = {
            _text(one, "PathPattern"): (_text(one, "TargetOriginId"), VIEWER in one)
            for one in re.findall(r"<CacheBehavior>.*?</CacheBehavior>", text, re.DOTALL)
        }
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
            f"</DefaultCacheBehavior>{self._behaviours()}"
        )
        return f'<{tag} xmlns="{NAMESPACE}">{required}{self._origins()}</{tag}>'

    def _behaviours(self) -> str:
        items = "".join(
            f"<CacheBehavior><PathPattern>{pattern}</PathPattern><TargetOriginId>{origin}</TargetOriginId>"
            "<ViewerProtocolPolicy>https-only</ViewerProtocolPolicy></CacheBehavior>"
            for pattern, (origin, _) in self.behaviours.items()
        )
        return f"<CacheBehaviors><Quantity>{len(self.behaviours)}</Quantity><Items>{items}</Items></CacheBehaviors>"

    def _origins(self) -> str:
        items = "".join(
            f"<Origin><Id>{name}</Id><DomainName>{host}</DomainName><OriginPath>{path}</OriginPath></Origin>"
            for name, (host, path) in self.origins.items()
        )
        return f"<Origins><Quantity>{len(self.origins)}</Quantity><Items>{items}</Items></Origins>"


def _text(xml: str, tag: str) -> str:
    if f"<{tag} />" in xml:
        return ""
    found = re.search(f"<{tag}>([^<]*)</{tag}>", xml)
    assert found is not None, f"{tag} is not in {xml}"
    return found[1]
