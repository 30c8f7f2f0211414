package io.heddle.backend;

class SerializingBackendTest extends InnerLimitContract {
    @Override
    protected Backend backend() {
        return new SerializingBackend();
    }
}
