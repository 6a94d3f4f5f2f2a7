from dataclasses import replace

from archgym.study.release import Release


def test_a_release_is_itself():
    assert Release.of_this_process().difference(Release.of_this_process()) is None


def test_what_differs_is_named():
    here = Release.of_this_process()
    assert here.difference(replace(here, sources="0")) == f"sources 0, not {here.sources}"
    assert here.difference(replace(here, archgym="9")) == f"archgym 9, not {here.archgym}"
