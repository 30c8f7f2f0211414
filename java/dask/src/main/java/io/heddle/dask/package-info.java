/** Tasks on a Dask cluster. */
package io.heddle.dask;
