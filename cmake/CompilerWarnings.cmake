# SPDX-License-Identifier: Apache-2.0
# heddle_warnings(TARGET): every warning that is worth having, as an error.
function(heddle_warnings target)
    target_compile_options(
        ${target}
        PRIVATE -Wall
                -Wextra
                -Wpedantic
                -Wshadow
                -Wconversion
                -Wstrict-prototypes
                -Wundef
                -Werror)
endfunction()
