package io.heddle.backend;

class SequentialBackendTest extends InnerLimitContract {
    @Override
    protected Backend backend() {
        return SequentialBackend.INSTANCE;
    }
}
