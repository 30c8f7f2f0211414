package io.heddle.backend;

class SequentialBackendTest extends BackendContract {
    @Override
    protected Backend backend() {
        return SequentialBackend.INSTANCE;
    }
}
