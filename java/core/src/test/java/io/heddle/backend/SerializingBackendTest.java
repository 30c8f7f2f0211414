package io.heddle.backend;

class SerializingBackendTest extends BackendContract {
    @Override
    protected Backend backend() {
        return new SerializingBackend();
    }
}
