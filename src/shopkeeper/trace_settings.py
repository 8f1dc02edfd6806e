"""The settings of one machine's traces. They have the names that OpenTelemetry gives them, for its SDK reads them, too.

They stand apart from the others because no function of Lambda reads them: there, they may be those of another program.
"""

from __future__ import annotations

from collections.abc import Mapping

from shopkeeper.checks import Matching, networks
from shopkeeper.setting import Setting

_COLLECTOR = r"https?://[^\s/@?#]+(?:/[^\s@?#]*)?"


class TraceSettings:
    """What the environment says about traces. A text that has no check is left to OpenTelemetry's SDK."""

    __slots__ = ("values",)

    def __init__(self, values: Mapping[str, object]) -> None:
        """`values` are those of the declared settings, by their fields' names; `read_traces` gathers them."""
        self.values = values

    @property
    def where(self) -> str:
        """Where traces are sent, an empty text if nothing is traced."""
        return self.traces_endpoint or self.endpoint

    @property
    def variable(self) -> str:
        """The variable that says where."""
        return (TraceSettings.traces_endpoint if self.traces_endpoint else TraceSettings.endpoint).variable

    endpoint = Setting(
        "OTEL_EXPORTER_OTLP_ENDPOINT",
        "the URL to which traces are sent, with `/v1/traces` added",
        Matching(_COLLECTOR, "a URL such as http://127.0.0.1:4318, without a user"),
        shown="no traces",
    )
    traces_endpoint = Setting(
        "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT",
        "the same as a whole URL, which goes first",
        Matching(_COLLECTOR, "a URL such as http://127.0.0.1:4318/v1/traces, without a user"),
    )
    headers = Setting(
        "OTEL_EXPORTER_OTLP_HEADERS",
        "header fields for the collector, such as `authorization=Bearer%20KEY`, with commas between",
        str,
        secret=True,
    )
    service_name = Setting(
        "OTEL_SERVICE_NAME",
        "how this server is called in traces",
        str,
        shown="`shopkeeper`",
    )
    resource_attributes = Setting(
        "OTEL_RESOURCE_ATTRIBUTES",
        "what else traces say of this server, such as `host.name=shop-1`, with commas between",
        str,
    )
    sampler = Setting(
        "OTEL_TRACES_SAMPLER",
        "which traces are recorded, such as `parentbased_traceidratio`",
        str,
        shown="`parentbased_always_on`: all",
    )
    sampler_argument = Setting(
        "OTEL_TRACES_SAMPLER_ARG",
        "the sampler's argument, such as `0.1` for a tenth",
        str,
    )
    disabled = Setting(
        "OTEL_SDK_DISABLED",
        "`true` sends nothing, whatever else is set",
        str,
        shown="`false`",
    )
    believed = Setting(
        "TRACEPARENT_FROM",
        "addresses or networks, with commas between, whose `traceparent` is continued",
        networks,
        shown="nobody's",
    )


TRACE_SETTINGS: tuple[Setting[object], ...] = tuple(
    field for field in vars(TraceSettings).values() if isinstance(field, Setting)
)
"""Every setting of traces, as it is declared, in order."""


def read_traces(environment: Mapping[str, str]) -> TraceSettings:
    """Return the settings of `environment` about traces. Raises ConfigurationError, naming the variable."""
    return TraceSettings({setting.field: setting.read(environment, is_dev=False) for setting in TRACE_SETTINGS})
