package io.heddle.dask;

/**
 * What there is for the worker JVMs beside a Dask worker.
 *
 * @param slots the threads of that Dask worker
 * @param machineCpus the CPUs of its machine that may be used
 * @param machineSlots the threads of all Dask workers on that machine
 */
record Room(int slots, int machineCpus, int machineSlots) {
    /**
     * Of a share of a call's CPUs as many as one of those JVMs can have: none that its Dask worker has no slot for, and where the slots of
     * the machine are more than its CPUs, the same part of these. At least 1.
     */
    int cpus(int share) {
        long held = Math.min(share, slots);
        return (int) Math.max(held * machineCpus / Math.max(machineSlots, machineCpus), 1);
    }
}
