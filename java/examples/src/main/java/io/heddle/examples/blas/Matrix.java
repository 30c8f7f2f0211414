package io.heddle.examples.blas;

import static java.lang.foreign.ValueLayout.JAVA_DOUBLE;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * A row-major matrix of doubles in off-heap memory, made to be used again: {@link #reshape} takes new memory only where the old
 * does not suffice. The memory is given back when the matrix is garbage. Not thread-safe.
 */
public final class Matrix {
    private MemorySegment memory = MemorySegment.NULL;
    private int rows;
    private int columns;

    /** Gives the matrix a size; what it holds afterwards is undefined. Returns this matrix. */
    public Matrix reshape(int rows, int columns) {
        long bytes = JAVA_DOUBLE.byteSize() * rows * columns;
        if (memory.byteSize() < bytes) {
            memory = Arena.ofAuto().allocate(bytes, 64);
        }
        this.rows = rows;
        this.columns = columns;
        return this;
    }

    public int rows() {
        return rows;
    }

    public int columns() {
        return columns;
    }

    public double get(int row, int column) {
        return memory.getAtIndex(JAVA_DOUBLE, index(row, column));
    }

    public void set(int row, int column, double value) {
        memory.setAtIndex(JAVA_DOUBLE, index(row, column), value);
    }

    /** Copies the first {@code count} elements of a row into an array. */
    public void readRow(int row, double[] into, int count) {
        MemorySegment.copy(memory, JAVA_DOUBLE, index(row, 0) * JAVA_DOUBLE.byteSize(), into, 0, count);
    }

    /** Copies {@code count} elements of an array to the start of a row. */
    public void writeRow(int row, double[] from, int count) {
        MemorySegment.copy(from, 0, memory, JAVA_DOUBLE, index(row, 0) * JAVA_DOUBLE.byteSize(), count);
    }

    MemorySegment memory() {
        return memory;
    }

    private long index(int row, int column) {
        return (long) row * columns + column;
    }
}
