package io.heddle.backend;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/** Which area of the contract a test shows. Each test of {@link BackendContract} and {@link InnerLimitContract} has it. */
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.METHOD)
public @interface InArea {
    Area value();
}
