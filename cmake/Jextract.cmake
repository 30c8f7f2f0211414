# SPDX-License-Identifier: Apache-2.0
# The Java bindings: generated from native/include by the real jextract, committed, never edited.
#
# Target bindings           generates them into java/core/src/generated/java and writes native/include/bindings.sha256.
# Test bindings-up-to-date  generates into the build folder and compares; skipped, and says so, without jextract.
# Test bindings-hash        compares headers, filter and bindings with the committed hashes; needs no jextract.
#
# jextract is taken from -D JEXTRACT=..., the environment variable JEXTRACT, or PATH. The committed bindings come from
# jextract of August 2026 with libclang 19; libclang 14 gives the same code, but "dlerror()" for "dlerror(void)" in four
# comments.
if(NOT JEXTRACT AND DEFINED ENV{JEXTRACT})
    set(JEXTRACT "$ENV{JEXTRACT}" CACHE FILEPATH "The jextract program" FORCE)
endif()
find_program(JEXTRACT jextract DOC "The jextract program")

get_filename_component(HEDDLE_ROOT "${CMAKE_CURRENT_LIST_DIR}" DIRECTORY)
set(bindings_headers "${HEDDLE_ROOT}/native/include")
set(bindings_hash "${HEDDLE_ROOT}/native/bindings-hash")
set(bindings_output "${HEDDLE_ROOT}/java/core/src/generated/java")
set(bindings_again "${CMAKE_BINARY_DIR}/bindings")

# Run inside native/include, so that no path of this machine reaches the output.
set(jextract_command
    "${JEXTRACT}" --target-package io.heddle.bindings --header-class-name LibC --include-dir . @jextract.filter heddle.h)

if(JEXTRACT)
    add_custom_target(
        bindings
        COMMAND ${CMAKE_COMMAND} -E rm -rf "${bindings_output}"
        COMMAND ${jextract_command} --output "${bindings_output}"
        COMMAND "${bindings_hash}" --write
        WORKING_DIRECTORY "${bindings_headers}"
        COMMENT "Generating java/core/src/generated/java from native/include"
        VERBATIM)
    string(CONCAT again
        "rm -rf \"$1\" && out=$1 && want=$2 && shift 2 && \"$@\" --output \"$out\" && "
        "diff -r \"$want\" \"$out\" || "
        "{ echo 'The committed bindings are not what jextract makes of native/include: build the target bindings.'; "
        "exit 1; }")
    add_test(NAME bindings-up-to-date
        COMMAND sh -c "${again}" sh "${bindings_again}" "${bindings_output}" ${jextract_command}
        WORKING_DIRECTORY "${bindings_headers}")
else()
    set(no_jextract "jextract not found: put it on PATH, or configure with -D JEXTRACT=/path/to/jextract")
    add_custom_target(
        bindings
        COMMAND ${CMAKE_COMMAND} -E echo "${no_jextract}"
        COMMAND ${CMAKE_COMMAND} -E false
        VERBATIM)
    add_test(NAME bindings-up-to-date COMMAND sh -c "echo \"skipped: $1\"; exit 77" sh "${no_jextract}")
    set_tests_properties(bindings-up-to-date PROPERTIES SKIP_RETURN_CODE 77)
endif()

add_test(NAME bindings-hash COMMAND "${bindings_hash}")
