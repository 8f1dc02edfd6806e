"""The declaration of one setting: its variable, what it means, and how its text is read."""

from __future__ import annotations  # a cold start evaluates none

from collections.abc import Mapping
from typing import TYPE_CHECKING, Generic, TypeVar, cast, overload

from shopkeeper.errors import ConfigurationError

if TYPE_CHECKING:
    from typing import Protocol

    from shopkeeper.checks import Check

    class HasValues(Protocol):
        """What settings are declared in: it holds their values, by the names of their fields."""

        values: Mapping[str, object]


T_co = TypeVar("T_co", covariant=True)


def has_user(text: str) -> bool:
    """Return whether a text is a URL with a user, and so perhaps with a password: such a text is not shown."""
    return "@" in text.partition("://")[2]


class Setting(Generic[T_co]):
    """A setting's declaration, and on an instance of `Settings` its value.

    `default` and `default_in_dev` are texts as the variable would hold them; an empty variable means the default.
    `shown` is the default in the words of the reference, if the text is not clear by itself. A deployment may set
    what is `deployable`. `formerly` is a former name, read if `variable` is empty. A `verbatim` value keeps its spaces.
    A `secret` one is in no error's text.
    """

    def __init__(
        self,
        variable: str,
        meaning: str,
        check: Check[T_co],
        *,
        default: str = "",
        default_in_dev: str | None = None,
        shown: str = "",
        deployable: bool = False,
        formerly: str = "",
        verbatim: bool = False,
        secret: bool = False,
    ) -> None:
        self.variable = variable
        self.meaning = meaning
        self.default = default
        self.default_in_dev = default if default_in_dev is None else default_in_dev
        self._shown = shown
        self.deployable = deployable
        self.variables = (variable, formerly) if formerly else (variable,)
        self._check = check
        self._known: Check[T_co] = getattr(check, "known", check)
        self._verbatim = verbatim
        self.is_secret = secret

    def __set_name__(self, owner: type, name: str) -> None:
        self.field = name

    @overload
    def __get__(self, settings: None, owner: type) -> Setting[T_co]: ...

    @overload
    def __get__(self, settings: HasValues, owner: type) -> T_co: ...

    def __get__(self, settings: HasValues | None, owner: type) -> Setting[T_co] | T_co:
        return self if settings is None else cast(T_co, settings.values[self.field])

    def read(self, environment: Mapping[str, str], *, is_dev: bool) -> T_co:
        """Return the setting's value in an environment. Raises ConfigurationError, naming the variable."""
        for variable in self.variables:
            text = environment.get(variable, "")
            if not self._verbatim:
                text = text.strip()
            if text:
                break
        if not text:  # tests check the defaults, a start need not
            return self._known(self.default_in_dev if is_dev else self.default)
        try:
            return self._check(text)
        except ValueError as error:
            given = "" if self.is_secret or has_user(text) else f", not {text[:100]!r}"
            raise ConfigurationError(f"{variable} {error}{given}.") from None

    @property
    def default_in_words(self) -> str:
        """The default as the table in the reference says it."""
        if self._shown:
            return self._shown
        usual, in_dev = (f"`{text}`" if text else "none" for text in (self.default, self.default_in_dev))
        return usual if usual == in_dev else f"in dev {in_dev}, else {usual}"
