from heddle_dask.sidecar import main

main()
