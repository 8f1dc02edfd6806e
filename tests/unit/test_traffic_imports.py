"""Imports of other counters' exports: each format as its documentation has it, and its malformed lines by number."""

import gzip
import zipfile
from collections.abc import Mapping
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from shopkeeper.domains.traffic.importing import names
from shopkeeper.domains.traffic.importing.formats import FORMATS
from shopkeeper.errors import ConfigurationError
from shopkeeper.operator.traffic_commands import Format
from tests.support.imports import Write, read, shown, writing

GOATCOUNTER = (
    '"2Path","Title","Event","UserAgent","Browser","System","Session","Bot","Referrer","Referrer scheme",'
    '"Screen size","Location","FirstVisit","Date"\n'
)
VIEWS = (
    "/menu?x=1,Menu,false,,Firefox 140,Linux,1a-1,0,www.search.example/find,h,"
    '"1280,800,1",DE-BW,true,2026-11-01T22:30:00Z\n'
    '/,Home,false,,Firefox 140,Linux,1a-1,0,,,"1280,800,1",DE-BW,true,2026-11-01T22:31:00Z\n'
    "/,Home,false,,Chrome 109,Android 13,1a-2,0,letter,c,,,true,2026-11-01T23:10:00Z\n"
    "order,,true,,Chrome 109,Android 13,1a-2,0,,,,,true,2026-11-01T23:11:00Z\n"
    "/,Home,false,,,,1a-3,7,,,,,true,2026-11-01T23:12:00Z\n"
)


@pytest.fixture
def write(tmp_path: Path) -> Write:
    return writing(tmp_path)


def test_the_command_line_offers_every_format() -> None:
    assert {one.value for one in Format} == set(FORMATS)


def test_goatcounters_views_count_by_days_of_the_sites_zone(write: Write) -> None:
    collection, faults = read("goatcounter", write("export.csv", GOATCOUNTER + VIEWS))
    assert faults.named == []
    assert {day: shown(rollup) for day, rollup in collection.days.items()} == {
        "2026-11-01": {
            "v": 3,
            "u": 2,
            "x": 1,
            "p": {"/menu": 1, "/": 2},
            "e": {"/menu": 1, "/": 1},
            "s": {"search.example": 1, "": 1},
            "c": {"letter": 1},
            "l": {"DE": 1, "??": 1},
            "b": {"Firefox": 1, "Chrome": 1},
            "o": {"Linux": 1, "Android": 1},
            "w": {"desktop": 1},
            "n": {"order": 1},
            "r": {"crawler": 1},
        }
    }
    in_berlin, _ = read("goatcounter", write("export.csv", GOATCOUNTER + VIEWS), ZoneInfo("Europe/Berlin"))
    assert {day: rollup.views for day, rollup in in_berlin.days.items()} == {"2026-11-01": 2, "2026-11-02": 1}


def test_goatcounters_malformed_lines_are_named_by_number_and_the_others_count(write: Write) -> None:
    lines = [
        "/,,false,,,,s,0,,,,,true,yesterday",
        "/,,false",
        '/,"a\nb",false,,,,s,0,,,,,true,2026-11-01T10:00:00Z',
        ",,false,,,,s,0,,,,,true,2026-11-01T10:00:00Z",
        "/,,false,,,,s,0,,,,,true,2026-11-01T10:00:00",
    ]
    collection, faults = read("goatcounter", write("export.csv", GOATCOUNTER + "\n".join(lines)))
    assert collection.days["2026-11-01"].views == 1
    assert faults.named == [
        "export.csv, line 2: 'yesterday' is no time",
        "export.csv, line 3: has 3 fields instead of 14",
        "export.csv, line 6: has no path",
        "export.csv, line 7: 2026-11-01T10:00:00 has no time zone",
    ]


def test_many_faults_are_counted_and_a_few_are_named(write: Write) -> None:
    _, faults = read("goatcounter", write("export.csv", GOATCOUNTER + "x\n" * 1000))
    assert (faults.count, len(faults.named)) == (1000, 20)


def test_a_file_that_gzip_compressed_is_read_and_a_damaged_one_refused(tmp_path: Path) -> None:
    path = tmp_path / "goatcounter-export.csv.gz"
    whole = gzip.compress((GOATCOUNTER + VIEWS).encode())
    path.write_bytes(whole)
    assert read("goatcounter", path)[0].days["2026-11-01"].views == 3
    for damaged in (whole[:-20], b"no gzip"):
        path.write_bytes(damaged)
        with pytest.raises(ConfigurationError, match="is damaged"):
            read("goatcounter", path)


STATISTICS: Mapping[str, str] = {
    "info.json": '{\n "export_version": "1.0",\n "goatcounter_version": "2.7"\n}',
    "paths.jsonl": '{"id":211,"path":"/","title":"Home"}\n{"id":7,"event":true,"path":"click","title":""}\n',
    "refs.jsonl": '{"id":1,"ref":"","ref_scheme":"o"}\n{"id":2,"ref":"Google","ref_scheme":"g"}\n'
    '{"id":3,"ref":"example.org/x","ref_scheme":"h"}\n{"id":4,"ref":"letter","ref_scheme":"c"}\n',
    "browsers.jsonl": '{"id":5,"name":"Firefox","version":"140"}\n{"id":6,"name":"","version":""}\n',
    "systems.jsonl": '{"id":8,"name":"macOS","version":"10.15"}\n',
    "hit_stats.jsonl": '{"hour":"2026-11-01T23:00:00Z","path_id":211,"ref_id":1,"count":4}\n'
    '{"hour":"2026-11-01T10:00:00Z","path_id":211,"ref_id":2,"count":2}\n'
    '{"hour":"2026-11-01T10:00:00Z","path_id":211,"ref_id":3,"count":1}\n'
    '{"hour":"2026-11-01T10:00:00Z","path_id":211,"ref_id":4,"count":1}\n'
    '{"hour":"2026-11-01T10:00:00Z","path_id":7,"ref_id":1,"count":3}\n',
    "browser_stats.jsonl": '{"day":"2026-11-01","path_id":211,"browser_id":5,"count":7}\n'
    '{"day":"2026-11-01","path_id":211,"browser_id":6,"count":1}\n'
    '{"day":"2026-11-01","path_id":7,"browser_id":5,"count":3}\n',
    "system_stats.jsonl": '{"day":"2026-11-01","path_id":211,"system_id":8,"count":8}\n',
    "location_stats.jsonl": '{"day":"2026-11-01","path_id":211,"location":"RO-B","count":7}\n'
    '{"day":"2026-11-01","path_id":211,"location":"","count":1}\n',
    "size_stats.jsonl": '{"day":"2026-11-01","path_id":211,"width":1920,"count":7}\n'
    '{"day":"2026-11-01","path_id":211,"width":0,"count":1}\n',
}
COUNTED = {
    "v": 8,
    "u": 0,
    "x": 0,
    "p": {"/": 8},
    "s": {"direct": 4, "google": 2, "example.org": 1, "": 1},
    "c": {"letter": 1},
    "n": {"click": 3},
    "b": {"Firefox": 7, "": 1},
    "o": {"macOS": 8},
    "l": {"RO": 7, "??": 1},
    "w": {"wide": 7, "": 1},
}


def packed(folder: Path, files: Mapping[str, str], inner: str = "") -> Path:
    """Write files into a zip archive, perhaps in a folder of it."""
    path = folder / "export.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in files.items():
            archive.writestr(f"{inner}{name}", content)
    return path


@pytest.mark.parametrize("inner", ["", "goatcounter-export/"])
def test_goatcounters_statistics_are_read_from_its_archive(tmp_path: Path, inner: str) -> None:
    collection, faults = read("goatcounter", packed(tmp_path, STATISTICS, inner))
    assert faults.named == []
    assert {day: shown(rollup) for day, rollup in collection.days.items()} == {"2026-11-01": COUNTED}


def test_goatcounters_statistics_have_faults_by_file_and_line(tmp_path: Path) -> None:
    bad = {
        "hit_stats.jsonl": 'no json\n{"hour":"2026-11-01T10:00:00Z","path_id":99,"count":1}\n'
        '{"hour":"2026-11-01T10:00:00Z","path_id":211,"count":-1}\n{"hour":"soon","path_id":211,"count":1}\n',
        "browser_stats.jsonl": '{"day":"2026-11-40","path_id":211,"browser_id":5,"count":7}\n[]\n',
    }
    collection, faults = read("goatcounter", packed(tmp_path, {**STATISTICS, **bad}))
    assert collection.days["2026-11-01"].views == 0
    assert faults.named == [
        "hit_stats.jsonl, line 1: is no JSON",
        "hit_stats.jsonl, line 2: no path has the id 99",
        "hit_stats.jsonl, line 3: has no whole number as its count",
        "hit_stats.jsonl, line 4: 'soon' is no time",
        "browser_stats.jsonl, line 1: '2026-11-40' is no date",
        "browser_stats.jsonl, line 2: is no object with day, path_id, browser_id, count",
    ]


@pytest.mark.parametrize("info", ['{"export_version": "2.0"}', "{}", ""])
def test_another_version_of_goatcounters_statistics_is_refused(tmp_path: Path, info: str) -> None:
    with pytest.raises(ConfigurationError, match="version 1"):
        read("goatcounter", packed(tmp_path, {**STATISTICS, "info.json": info}))


PLAUSIBLE: Mapping[str, str] = {
    "imported_visitors_20260209_20260210.csv": '"date","visitors","pageviews","bounces","visits","visit_duration"\n'
    '"2026-02-09",119,304,77,134,21070\n"2026-02-10",1,2,0,1,5\n',
    "imported_pages_20260209_20260210.csv": '"date","hostname","page","visits","visitors","pageviews"\n'
    '"2026-02-09","example.com","/menu",90,90,200\n"2026-02-09","example.com","/",50,50,104\n',
    "imported_entry_pages_20260209_20260210.csv": (
        '"date","entry_page","visitors","entrances","visit_duration","bounces","pageviews"\n'
        '"2026-02-09","/menu",100,134,9,1,304\n'
    ),
    "imported_sources_20260209_20260210.csv": (
        '"date","source","referrer","utm_source","utm_medium","utm_campaign","utm_content","utm_term","pageviews",'
        '"visitors","visits","visit_duration","bounces"\n'
        '"2026-02-09","Google","google.com","","","","","",70,23,25,8249,13\n'
        '"2026-02-09","Direct / None","","","","","","",70,23,100,8249,13\n'
        '"2026-02-09","Newsletter","","letter","email","may","","",70,23,9,8249,13\n'
    ),
    "imported_locations_20260209_20260210.csv": (
        '"date","country","region","city","visitors","visits","visit_duration","bounces","pageviews"\n'
        '"2026-02-09","FR","FR-PAC",3027647,1,130,4,0,2\n"2026-02-09","FR","",0,1,4,4,0,2\n'
    ),
    "imported_browsers_20260209_20260210.csv": (
        '"date","browser","browser_version","visitors","visits","visit_duration","bounces","pageviews"\n'
        '"2026-02-09","Microsoft Edge","111.0",1,34,987,0,3\n"2026-02-09","Chrome","109.0",54,60,6627,40,128\n'
        '"2026-02-09","Chrome","108.0",2,40,47,2,6\n'
    ),
    "imported_operating_systems_20260209_20260210.csv": (
        '"date","operating_system","operating_system_version","visitors","visits","visit_duration","bounces","pageviews"\n'
        '"2026-02-09","Mac","10.14",1,33,19,0,2\n"2026-02-09","GNU/Linux","",1,1,19,0,2\n"2026-02-09","","",1,100,8,0,2\n'
    ),
    "imported_devices_20260209_20260210.csv": (
        '"date","device","visitors","visits","visit_duration","bounces","pageviews"\n'
        '"2026-02-09","Mobile",12,30,140,10,17\n"2026-02-09","Laptop",19,4,3545,11,36\n'
        '"2026-02-09","Desktop",89,100,17385,56,251\n'
    ),
    "imported_custom_events_20260209_20260210.csv": (
        '"date","name","link_url","path","visitors","events"\n'
        '"2026-02-09","Signup","","",3,4\n"2026-02-09","404","","/nope",1,1\n'
    ),
    "imported_exit_pages_20260209_20260210.csv": '"date","exit_page"\n"2026-02-09","/"\n',
}


@pytest.mark.parametrize("is_packed", [True, False])
def test_plausibles_files_are_read_from_an_archive_or_a_folder(tmp_path: Path, is_packed: bool) -> None:
    path = packed(tmp_path, PLAUSIBLE)
    if not is_packed:
        path = tmp_path / "folder"
        path.mkdir()
        for name, content in PLAUSIBLE.items():
            (path / name).write_text(content)
    collection, faults = read("plausible", path)
    assert faults.named == []
    assert shown(collection.days["2026-02-09"]) == {
        "v": 304,
        "u": 119,
        "x": 0,
        "p": {"/menu": 200, "/": 104},
        "e": {"/menu": 134},
        "s": {"google.com": 25, "direct": 100, "newsletter": 9},
        "c": {"letter/email/may": 9},
        "l": {"FR": 134},
        "b": {"Edge": 34, "Chrome": 100},
        "o": {"macOS": 33, "Linux": 1, "": 100},
        "w": {"phone": 30, "desktop": 4, "wide": 100},
        "n": {"Signup": 4, "404": 1},
    }
    assert shown(collection.days["2026-02-10"]) == {"v": 2, "u": 1, "x": 0}


def test_one_of_plausibles_files_is_enough_and_its_faults_are_named(write: Write) -> None:
    name = "imported_pages_20260209_20260209.csv"
    lines = ['"2026-02-09","h","/",1,1,5', '"09.02.2026","h","/",1,1,5', '"2026-02-09","h","/",1,1,-5']
    collection, faults = read(
        "plausible", write(name, '"date","hostname","page","visits","visitors","pageviews"\n' + "\n".join(lines))
    )
    assert shown(collection.days["2026-02-09"]) == {"v": 5, "u": 0, "x": 0, "p": {"/": 5}}
    assert faults.named == [f"{name}, line 3: '09.02.2026' is no date", f"{name}, line 4: '-5' is no count"]


def test_shopkeepers_malformed_lines_are_named_by_number(write: Write) -> None:
    lines = [
        "2026-11-01,views,,5",
        "2026-11-01,pages,/,-1",
        "tomorrow,views,,5",
        "2026-11-01,shoes,x,5",
        "1999-01-01,views,,1",
    ]
    collection, faults = read("shopkeeper", write("x.csv", "period,dimension,name,count\n" + "\n".join(lines)))
    assert shown(collection.days["2026-11-01"])["v"] == 5
    assert faults.named == [
        "x.csv, line 3: '-1' is no count",
        "x.csv, line 4: 'tomorrow' is no date",
        "x.csv, line 5: 'shoes' is no dimension",
        "x.csv, line 6: 1999-01-01 is before the year 2000",
    ]
    objects = ['{"period":"2026-11-01","views":1,"pages":{"/":"1"}}', "[]", "{", '{"period":"2026-11-02","views":2}']
    collection, faults = read("shopkeeper", write("x.jsonl", "\n".join(objects)))
    assert list(collection.days) == ["2026-11-02"], "a line is read whole or not at all"
    assert faults.named == [
        "x.jsonl, line 1: 1 is no count",
        "x.jsonl, line 2: is no object with a period",
        "x.jsonl, line 3: is no JSON",
    ]


@pytest.mark.parametrize("kind", FORMATS)
def test_a_file_of_another_format_is_refused_whole(write: Write, kind: str) -> None:
    with pytest.raises(ConfigurationError):
        read(kind, write("some.csv", "name,age\nann,5\n"))
    with pytest.raises(ConfigurationError, match="There is no file"):
        read(kind, Path("/nowhere/at/all.csv"))


@pytest.mark.parametrize("kind", FORMATS)
def test_what_is_no_archive_is_refused(write: Write, kind: str) -> None:
    with pytest.raises(ConfigurationError, match="no zip archive"):
        read(kind, write("some.zip", "PK but no more"))


@pytest.mark.parametrize(
    ("given", "name"),
    [
        ("Chrome 109.0", "Chrome"),
        ("Mobile Safari 16", "Safari"),
        ("edge-chromium", "Edge"),
        ("Some Browser 5.1", "Some Browser"),
        ("7", "7"),
        ("", ""),
    ],
)
def test_browsers_have_the_names_that_hits_give_them(given: str, name: str) -> None:
    assert names.browser_of(given) == name


@pytest.mark.parametrize(
    ("given", "name"),
    [
        ("Windows 10", "Windows"),
        ("Mac OS", "macOS"),
        ("macOS 10.15", "macOS"),
        ("Linux Ubuntu", "Linux"),
        ("Chrome OS", "ChromeOS"),
    ],
)
def test_systems_have_the_names_that_hits_give_them(given: str, name: str) -> None:
    assert names.system_of(given) == name
