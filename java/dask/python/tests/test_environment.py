"""What variables a worker JVM gets, and which Java."""

import pytest
from caller import fake_java_home
from heddle_dask.jdk import NoJava, find
from heddle_dask.jvm import THREADS, environment, limit_in_force
from heddle_dask.room import CPU_COUNT, cpus, machine_cpus

NANNY = {"OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}


def test_the_share_holds_every_library():
    variables = environment({}, {}, 3, False, {})
    assert {variables[name] for name in THREADS} == {"3"}
    assert limit_in_force(variables) == 3
    assert variables["ENABLE_IPC"] == "1"


def test_a_variable_of_the_dask_worker_goes_before_the_share():
    variables = environment({"OMP_NUM_THREADS": "5"}, NANNY, 3, False, {})
    assert variables["OMP_NUM_THREADS"] == "5"
    assert variables["MKL_NUM_THREADS"] == "3"
    assert limit_in_force(variables) == 0


def test_what_the_nanny_sets_by_itself_gives_way_to_the_share():
    assert limit_in_force(environment(NANNY, NANNY, 3, False, {})) == 3


def test_an_explicit_limit_goes_before_the_variables_of_the_dask_worker():
    assert limit_in_force(environment({"OMP_NUM_THREADS": "5"}, NANNY, 2, True, {})) == 2


def test_the_callers_own_variables_win():
    variables = environment({"OMP_NUM_THREADS": "5"}, NANNY, 2, True, {"OMP_NUM_THREADS": "7", "MINE": "x"})
    assert (variables["OMP_NUM_THREADS"], variables["MINE"]) == ("7", "x")


def test_a_stronger_variable_means_that_the_limit_is_not_in_force():
    assert limit_in_force(environment({"BLIS_JC_NT": "4"}, {}, 2, True, {})) == 0


def test_options_of_other_jvms_are_left_out():
    assert "JDK_JAVA_OPTIONS" not in environment({"JDK_JAVA_OPTIONS": "-agentlib:jdwp"}, {}, 1, False, {})


@pytest.mark.parametrize(
    ("share", "slots", "of_machine", "slots_there", "expected"),
    [
        (2, 4, 8, 8, 2),
        (2, 1, 8, 4, 1),
        (4, 4, 4, 8, 2),
        (3, 4, 4, 8, 1),
        (1, 4, 1, 8, 1),
        (6, 16, 64, 16, 6),
    ],
)
def test_a_share_is_cut_to_what_dask_worker_and_machine_have(share, slots, of_machine, slots_there, expected):
    assert cpus(share, slots, of_machine, slots_there) == expected


def test_the_machine_has_no_more_cpus_than_the_users_cap():
    assert machine_cpus({"HEDDLE_MAX_CPUS": "1"}) == 1
    assert machine_cpus({}) == machine_cpus({"HEDDLE_MAX_CPUS": "many"}) == CPU_COUNT


def test_java_is_that_of_the_option(tmp_path):
    home = fake_java_home(tmp_path / "jdk")
    assert find(str(home), {}) == str(home / "bin" / "java")


def test_java_is_the_first_that_is_new_enough(tmp_path):
    old = fake_java_home(tmp_path / "old", "21.0.4")
    new = fake_java_home(tmp_path / "new", "25")
    assert find("", {"JAVA_HOME": str(old), "PATH": str(new / "bin")}) == str(new / "bin" / "java")


def test_java_is_that_of_heddle_before_others(tmp_path):
    mine = fake_java_home(tmp_path / "mine", "26-ea")
    other = fake_java_home(tmp_path / "other", "25")
    assert find("", {"HEDDLE_JAVA_HOME": str(mine), "JAVA_HOME": str(other)}) == str(mine / "bin" / "java")


def test_no_java_says_what_was_looked_at(tmp_path):
    old = fake_java_home(tmp_path / "old", "1.8.0_402")
    with pytest.raises(NoJava, match=r"is Java 8.*HEDDLE_JAVA_HOME"):
        find("", {"JAVA_HOME": str(old), "PATH": "/nowhere"})
    with pytest.raises(NoJava, match="neither HEDDLE_JAVA_HOME nor JAVA_HOME is set"):
        find("", {"PATH": "/nowhere"})
    with pytest.raises(NoJava, match="the option javaHome, /nowhere has no bin/java"):
        find("/nowhere", {"JAVA_HOME": str(old)})
