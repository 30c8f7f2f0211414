"""Lanes through a real cluster: a sidecar, a scheduler and two workers with a slot each."""

import os
import signal
import socket
import sys
import time

import cloudpickle
import pytest
from caller import HANG_SECONDS, Caller
from cluster import Cluster
from distributed import Client

SECONDS_UNTIL_NOTHING_IS_LEFT = 20

cloudpickle.register_pickle_by_value(sys.modules[__name__])  # the workers do not have this module


def await_true(condition, seconds=HANG_SECONDS):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, f"not so within {seconds} s"
        time.sleep(0.02)


def is_alive(pid):
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8") as stat:
            return stat.read().rpartition(")")[2].split()[0] not in "ZX"
    except FileNotFoundError:
        return False


def await_end(pid):
    await_true(lambda: not is_alive(pid), SECONDS_UNTIL_NOTHING_IS_LEFT)


def running(address):
    """The tasks that the workers of a cluster have."""
    with Client(address, set_as_default=False) as client:
        return sum(len(tasks) for tasks in client.processing().values())


def test_lanes_carry_bytes_to_both_workers(caller):
    lanes = [caller.open("a", limit=3, explicit=True), caller.open("b", limit=3)]
    assert lanes[0].address != lanes[1].address, "each worker has one slot"
    assert [lane.limit for lane in lanes] == [3, 1], "more than the one slot only where the user said so"
    assert [lane.ask("hello") for lane in lanes] == ["hello", "hello"]


def test_a_worker_is_told_where_it_is(caller, cluster):
    lane = caller.open("a")
    assert lane.ask("env DASK_SCHEDULER_ADDRESS") == cluster.address
    assert lane.ask("env HEDDLE_DASK_LANE").split()[1:] == ["a", lane.address]
    assert lane.ask("bound") == str(1 << 30)


def test_a_worker_has_of_its_machine_what_its_slots_are_of_all_slots_there(jdk):
    with Cluster(1, 6, {**os.environ, "HEDDLE_MAX_CPUS": "1"}) as cluster:
        with Caller({"address": cluster.address, "javaHome": jdk}) as caller:
            lane = caller.open("a", limit=5, cpus=5, slots=1)
            assert lane.room == (6, 1, 6)
            assert "-XX:ActiveProcessorCount=1" in lane.ask("args")
            assert lane.limit == 1
            cluster.add_worker(2)
            assert caller.open("b").room[1:] == (1, 8)


def test_jars_options_and_variables_reach_the_worker(cluster, jdk):
    session = Caller(
        {"address": cluster.address, "javaHome": jdk},
        options=["-Dx=1", "-Xmx77m"],
        variables={"MINE": "yes"},
        jars=[("one.jar", b"1"), ("two.jar", b"22")],
    )
    with session:
        lane = session.open("a")
        arguments = lane.ask("args").split()
        assert arguments.index("-Xmx77m") > next(i for i, each in enumerate(arguments) if each.startswith("-Xmx6"))
        paths = arguments[arguments.index("-cp") + 1].split(":")
        assert [open(path, "rb").read() for path in paths] == [b"1", b"22"]
        assert lane.ask("env MINE") == "yes"
        folder = os.path.dirname(paths[0])
    await_true(lambda: not os.path.exists(folder), SECONDS_UNTIL_NOTHING_IS_LEFT)


def test_much_data_passes_both_ways(caller):
    lane = caller.open("a")
    size = 60_000_000
    lane.connection.sendall(f"count {size}\n".encode() + bytes(size))
    assert lane.line() == f"count {size}"
    lane.connection.sendall(f"blob {size}\n".encode())
    left = size
    while left:
        left -= len(lane.connection.recv(min(left, 1 << 20)))
    assert lane.line() == f"blob {size}"


def test_what_a_worker_prints_is_told(caller):
    caller.open("a").ask("print something")
    assert caller.await_event("output", "a", "1")[0].startswith("something")


def test_the_end_of_a_worker_is_told_with_its_last_words(caller):
    lane = caller.open("a")
    lane.ask("error oh")
    lane.connection.sendall(b"exit 7\n")
    status, tail, _, _ = caller.await_event("ended", "a")
    assert (status, tail) == ("7", "oh\n")


def test_a_killed_worker_is_told_by_its_signal(caller):
    lane = caller.open("a")
    os.kill(lane.pid, signal.SIGKILL)
    assert caller.await_event("ended", "a")[0] == "137"


def test_a_worker_ends_with_its_lane(caller):
    lane = caller.open("a")
    lane.connection.close()
    assert caller.await_event("ended", "a")[0] == "137"
    await_end(lane.pid)


def test_a_worker_ends_when_it_is_told_so(caller):
    lane = caller.open("a")
    caller.tell("kill", "a")
    caller.await_event("ended", "a")
    await_end(lane.pid)


def test_a_lane_occupies_a_slot_while_it_works(caller, cluster):
    caller.open("a")
    await_true(lambda: running(cluster.address) == 1)
    caller.tell("rest", "a")
    await_true(lambda: running(cluster.address) == 0)
    caller.tell("work", "a", 1, 0)
    caller.await_event("working", "a")
    assert running(cluster.address) == 1


def test_a_lane_occupies_as_many_slots_as_it_is_to_use(jdk):
    with Cluster(1, 2) as cluster, Caller({"address": cluster.address, "javaHome": jdk}) as caller:
        lane = caller.open("a", limit=4, explicit=True, slots=4)
        await_true(lambda: running(cluster.address) == 2)
        caller.tell("work", "a", 1, 0)
        caller.await_event("working", "a")
        await_true(lambda: running(cluster.address) == 1)
        caller.tell("work", "a", 2, 0)
        caller.await_event("working", "a")
        await_true(lambda: running(cluster.address) == 2)
        caller.tell("rest", "a")
        await_true(lambda: running(cluster.address) == 0)
        caller.tell("work", "a", 2, 0)
        caller.await_event("working", "a")
        await_true(lambda: running(cluster.address) == 2)
        lane.connection.close()
        await_true(lambda: running(cluster.address) == 0)


def test_a_lane_takes_slots_as_they_become_free(jdk):
    with Cluster(1, 2) as cluster, Caller({"address": cluster.address, "javaHome": jdk}) as caller:
        first = caller.open("a")
        caller.open("b", slots=2)  # begins with the one that is left
        first.connection.close()
        caller.await_event("ended", "a")
        await_true(lambda: running(cluster.address) == 2)


def test_a_lane_that_ends_frees_its_slot(caller, cluster):
    lane = caller.open("a")
    lane.connection.close()
    await_true(lambda: running(cluster.address) == 0)


def test_a_lane_waits_for_a_slot(caller):
    first, second = caller.open("a"), caller.open("b")
    caller.ask_for("c")
    first.connection.close()
    assert caller.join("c").address == first.address
    assert second.ask("still here") == "still here"


def test_a_full_cluster_is_told_in_time(cluster, jdk):
    with Caller({"address": cluster.address, "javaHome": jdk}) as other:
        other.open("a"), other.open("b")
        with Caller({"address": cluster.address, "javaHome": jdk, "startSeconds": "3"}) as caller:
            caller.ask_for("c")
            kind, _, why = caller.await_event("failed", "c")
            assert kind == "room"
            assert "all 2 slots" in why


def test_a_lane_whose_slot_is_taken_meanwhile_is_told_so(cluster, jdk):
    with Caller({"address": cluster.address, "javaHome": jdk, "lingerSeconds": "0"}) as first:
        lanes = [first.open("a"), first.open("b")]
        first.tell("rest", "a")
        with Caller({"address": cluster.address, "javaHome": jdk}) as second:
            assert second.open("c").address == lanes[0].address
            first.tell("work", "a", 1, 0)
            assert "no slot was free" in first.await_event("stuck", "a")[0]


def test_two_sessions_do_not_touch_each_other(cluster, jdk):
    with Caller({"address": cluster.address, "javaHome": jdk}) as first:
        lane = first.open("a")
        with Caller({"address": cluster.address, "javaHome": jdk}) as second:
            assert second.open("a").ask("mine") == "mine"
        assert lane.ask("still here") == "still here"


def test_frames_pass_through_the_scheduler_where_workers_cannot_be_reached(cluster, jdk):
    # Nothing answers where this session looks for a worker, as behind a firewall.
    with Caller({"address": cluster.address, "javaHome": jdk, "direct": "false"}) as caller:
        lane = caller.open("a")
        assert lane.ask("hello") == "hello"
        lane.connection.sendall(b"exit 3\n")
        assert caller.await_event("ended", "a")[0] == "3"


def test_a_worker_that_does_not_start_is_told(cluster, jdk):
    with Caller({"address": cluster.address, "javaHome": jdk, "startSeconds": "3"}, variables={"FAKE_LIES": "1"}) as caller:
        caller.ask_for("a")
        assert "it ended with status 0" in caller.await_event("failed", "a")[2]


def test_no_java_is_told(cluster):
    with Caller({"address": cluster.address, "javaHome": "/nowhere"}) as caller:
        caller.ask_for("a")
        _, worker, why = caller.await_event("failed", "a")
        assert worker.startswith("tcp://127.0.0.1:")
        assert "no Java 25" in why


def test_a_lost_worker_is_told(own_caller, own_cluster):
    lane = own_caller.open("a")
    for worker in own_cluster.workers:
        worker.kill()
    own_caller.await_event("lost", "a")
    await_end(lane.pid)


def test_a_lost_scheduler_ends_the_session(own_caller, own_cluster):
    lane = own_caller.open("a")
    own_cluster.scheduler.kill()
    assert own_cluster.address in own_caller.await_event("broken")[0]
    own_caller.await_event("end")
    await_end(lane.pid)


@pytest.mark.parametrize("how", ["kill", "close"])
def test_nothing_is_left_of_a_session(cluster, jdk, how):
    with Caller({"address": cluster.address, "javaHome": jdk}) as caller:
        lanes = [caller.open("a"), caller.open("b")]
        if how == "kill":
            caller.process.kill()
    for lane in lanes:
        await_end(lane.pid)

    def is_forgotten():
        with Client(cluster.address, set_as_default=False) as client:
            plugins = client.run(lambda dask_worker: [name for name in dask_worker.plugins if name.startswith("heddle")])
            on_scheduler = client.run_on_scheduler(
                lambda dask_scheduler: [name for name in dask_scheduler.plugins if name.startswith("heddle")]
            )
            return not on_scheduler and not any(plugins.values())

    await_true(is_forgotten, SECONDS_UNTIL_NOTHING_IS_LEFT)
    assert running(cluster.address) == 0


def test_slots_follow_the_cluster(own_caller, own_cluster):
    own_caller.await_ready()
    own_cluster.add_worker(3)
    while own_caller.await_event("slots") != ["5"]:
        pass


def test_a_wrong_address_is_told():
    with Caller({"address": "tcp://127.0.0.1:1", "startSeconds": "3"}) as caller:
        assert "tcp://127.0.0.1:1 within 3 s" in caller.await_event("unusable")[0]


def test_an_address_where_nobody_answers_is_told():
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        address = "tcp://127.0.0.1:%d" % silent.getsockname()[1]
        with Caller({"address": address, "startSeconds": "3"}) as caller:
            assert f"{address} within 3 s" in caller.await_event("unusable")[0]


def test_a_local_cluster_ends_with_its_session(jdk):
    with Caller({"workers": "2", "threadsPerWorker": "1", "javaHome": jdk}) as caller:
        assert caller.await_ready()[2] == "2"
        lane = caller.open("a")
        assert lane.ask("hello") == "hello"
    await_end(lane.pid)


def test_a_variable_of_the_dask_worker_holds_for_its_lanes(jdk):
    with Cluster(workers=1, slots=1, environment={**os.environ, "OMP_NUM_THREADS": "5"}) as cluster:
        with Caller({"address": cluster.address, "javaHome": jdk}) as caller:
            lane = caller.open("a", limit=2)
            assert lane.ask("env OMP_NUM_THREADS") == "5"
            lane.connection.close()
            assert caller.open("b", limit=2, explicit=True).limit == 2
