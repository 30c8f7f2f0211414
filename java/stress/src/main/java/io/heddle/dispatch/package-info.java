/** jcstress tests of what threads share in the package of the same name, every outcome explained. On the class path only. */
@NullMarked
package io.heddle.dispatch;

import org.jspecify.annotations.NullMarked;
