"""The parts of the SAM templates about the distribution: what it passes on, what it adds, and a URL of a function."""

import json
from pathlib import Path
from textwrap import indent

from sam_text import BUCKET, Facts, block

UPLOADS = "https://" + BUCKET + ".s3.${AWS::Region}.${AWS::URLSuffix}"
INFRASTRUCTURE = Path(__file__).parents[1] / "infrastructure"
SECURITY = ("Referrer-Policy", "X-Content-Type-Options")
"""The headers that CloudFront takes by members of their own."""

DISTRIBUTION = '!ImportValue { "Fn::Sub": "shopkeeper-data-${Stage}-DistributionArn" }'

ASKED_BY = "!If [HasUrl, [{ EventType: viewer-request, FunctionARN: !GetAtt Viewer.FunctionARN }], !Ref AWS::NoValue]"


def behaviours(pages: Facts) -> str:
    """Return how the distribution treats each path of the API; the first that fits counts."""
    written = [_behaviour(pattern, cached=True) for pattern in pages["cached"]]
    written += [_behaviour(pattern, direct=pattern in pages["direct"]) for pattern in pages["api"]]
    return "".join(written)


def edge_function(name: str) -> str:
    """Return the code of a function of CloudFront, by the name of its file."""
    return "FunctionCode: |\n" + indent((INFRASTRUCTURE / name).read_text(), "  ")


def url_of(own: str) -> str:
    """Return what lets the distribution of the stage ask a function without the gateway, and nobody else."""
    return "\n" + block(f"""
        {own}Url:
          Type: AWS::Lambda::Url
          Condition: IsFronted
          DependsOn: {own}FunctionAliaslive
          Properties: {{ TargetFunctionArn: !Ref {own}Function, Qualifier: live, AuthType: AWS_IAM }}

        {own}UrlPermission:
          Type: AWS::Lambda::Permission
          Condition: IsFronted
          Properties:
            FunctionName: !Ref {own}Function.Alias
            Action: lambda:InvokeFunctionUrl
            FunctionUrlAuthType: AWS_IAM
            Principal: cloudfront.amazonaws.com
            SourceArn: {DISTRIBUTION}

        # Lambda asks for both.
        {own}UrlInvocation:
          Type: AWS::Lambda::Permission
          Condition: IsFronted
          Properties:
            FunctionName: !Ref {own}Function.Alias
            Action: lambda:InvokeFunction
            Principal: cloudfront.amazonaws.com
            SourceArn: {DISTRIBUTION}
        """)


def _behaviour(pattern: str, *, cached: bool = False, direct: bool = False) -> str:
    policy = "!Ref PublicAnswers" if cached else "4135ea2d-6df8-44a3-9df3-4b5a84be39ad # CachingDisabled"
    return block(
        f"""
        - PathPattern: {pattern}
          TargetOriginId: {"!If [HasUrl, counter, api]" if direct else "api"}
          ViewerProtocolPolicy: https-only
          AllowedMethods: [GET, HEAD, OPTIONS, PUT, PATCH, POST, DELETE]
          Compress: {str(cached).lower()}
          CachePolicyId: {policy}
          OriginRequestPolicyId: b689b0a8-53d0-40ab-baf2-68738e2966ac # AllViewerExceptHostHeader
          <viewer>
        """,
        viewer=f"FunctionAssociations: {ASKED_BY}" if direct else "",
    )


def page_headers(pages: Facts) -> str:
    """Return the headers that the distribution adds to the files of the pages."""
    headers = pages["headers"]
    policy = ";\n".join(pages["policy"]).replace("UPLOADS", UPLOADS)
    others = (
        f"- {{ Header: {name}, Value: {json.dumps(value)}, Override: true }}\n"
        for name, value in headers.items()
        if name not in SECURITY
    )
    return block(
        f"""
        SecurityHeadersConfig:
          ContentTypeOptions: {{ Override: true }}
          ReferrerPolicy: {{ ReferrerPolicy: {headers["Referrer-Policy"]}, Override: true }}
          ContentSecurityPolicy:
            Override: true
            ContentSecurityPolicy: !Sub >-
              <policy>
        CustomHeadersConfig:
          Items:
            <others>
        """,
        policy=policy,
        others="".join(others),
    )
