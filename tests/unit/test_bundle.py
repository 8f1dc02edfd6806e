"""The bundle of byte code: where modules say that they are, and which of them run later."""

import marshal
from importlib.util import module_from_spec
from pathlib import Path
from types import ModuleType

import pytest

from shopkeeper.runtime.lambda_.bundle import LATER, NAME, Bundle, encode


def imported(name: str, source: str, folder: Path) -> ModuleType:
    """Return a module as a bundle imports it."""
    (folder / NAME).write_bytes(encode({name: (marshal.dumps(compile(source, "module.py", "exec")), False)}))
    bundle = Bundle(str(folder))
    spec = bundle.find_spec(name)
    assert spec is not None
    module = module_from_spec(spec)
    bundle.exec_module(module)
    return module


def test_a_module_knows_its_file(tmp_path: Path) -> None:
    module = imported("shop.tea", "place = __file__", tmp_path)
    assert vars(module)["place"] == module.__file__ == f"{tmp_path}/shop/tea.py"


@pytest.mark.parametrize("name", sorted(LATER))
def test_what_no_start_uses_runs_when_something_of_it_is_asked_for(name: str, tmp_path: Path) -> None:
    module = imported(name, "answer = 42", tmp_path)
    assert "answer" not in vars(module)
    assert module.answer == 42
    assert "__getattr__" not in vars(module)


def test_what_runs_later_has_only_what_it_defines(tmp_path: Path) -> None:
    module = imported(min(LATER), "answer = 42", tmp_path)
    with pytest.raises(AttributeError, match="question"):
        _ = module.question
