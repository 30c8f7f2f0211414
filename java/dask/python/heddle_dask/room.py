"""What a Dask worker and its machine have for the worker JVMs there."""

from dask.system import CPU_COUNT

CAP = "HEDDLE_MAX_CPUS"


def machine_cpus(variables):
    """The CPUs that may be used here: as Dask counts them, and no more than the user's cap."""
    cap = variables.get(CAP, "").strip()
    return min(CPU_COUNT, int(cap)) if cap.isdigit() and int(cap) > 0 else CPU_COUNT


def cpus(share, slots, machine_cpus, machine_slots):
    """Of a share of a call's CPUs as many as a worker JVM can have where it is: none that its Dask worker has no slot for, and where the
    slots of all Dask workers of its machine are more than its CPUs, the same part of these."""
    return max(min(share, slots) * machine_cpus // max(machine_slots, machine_cpus), 1)
