"""The parts of the SAM template about what tokens are signed with: reading it, and its rotation."""

from typing import Any

from sam_text import ARN, block

JWT_SECRET = '!ImportValue { "Fn::Sub": "shopkeeper-data-${Stage}-JwtSecretArn" }'  # noqa: S105  # where it is
PARAMETER = ARN % "ssm" + ":parameter${JwtSecretParameter}"


def secret_statements(function: dict[str, Any]) -> list[str]:
    """Return what a function may do with the secret, or with the parameter that takes its place.

    The key of a parameter may be the account's own. It decrypts this parameter alone, and for Parameter Store alone.
    """
    if not function["secret"]:
        return []
    nothing = ["  - !Ref AWS::NoValue"]
    secret = [
        "  - Effect: Allow",
        f"    Action: [{', '.join(function['secret'])}]",
        f"    Resource: {JWT_SECRET}",
    ]
    if not function["authenticates"]:
        return ["- !If", "  - ReadsParameter", *nothing, *secret]
    parameter = ["  - Effect: Allow", "    Action: [ssm:GetParameter]", f"    Resource: !Sub {PARAMETER}"]
    key = [
        "  - Effect: Allow",
        "    Action: [kms:Decrypt]",
        f"    Resource: !Sub {ARN % 'kms'}:key/*",
        "    Condition:",
        "      StringEquals:",
        "        kms:ViaService: !Sub ssm.${AWS::Region}.${AWS::URLSuffix}",
        f"        kms:EncryptionContext:PARAMETER_ARN: !Sub {PARAMETER}",
    ]
    return ["- !If", "  - ReadsParameter", *parameter, *secret, "- !If", "  - ReadsParameter", *key, *nothing]


def rotation(own: str) -> str:
    """Return what lets Secrets Manager call a function, and the schedule by which it does."""
    return "\n" + block(f"""
        {own}Permission:
          Type: AWS::Lambda::Permission
          Properties:
            FunctionName: !Ref {own}Function.Alias
            Action: lambda:InvokeFunction
            Principal: secretsmanager.amazonaws.com
            SourceAccount: !Ref AWS::AccountId
            SourceArn: {JWT_SECRET}

        {own}Schedule:
          Type: AWS::SecretsManager::RotationSchedule
          Condition: Rotates
          DependsOn: {own}Permission
          Properties:
            SecretId: {JWT_SECRET}
            RotationLambdaARN: !Ref {own}Function.Alias
            RotateImmediatelyOnUpdate: false
            RotationRules: {{ AutomaticallyAfterDays: !Ref RotationDays }}
        """)
