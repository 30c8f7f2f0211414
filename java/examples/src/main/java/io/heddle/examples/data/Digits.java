package io.heddle.examples.data;

import io.heddle.examples.ml.Dataset;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.zip.GZIPInputStream;

/** The optical digits: 1797 images of 8 × 8 pixels, ten classes. Source and licence stand in digits.md beside the data. */
public final class Digits {
    private static final int PIXELS = 64;
    private static final double DARKEST = 16;
    private static final int CLASSES = 10;

    private Digits() {}

    /** Reads all images, pixels scaled to 0..1. */
    public static Dataset load() {
        List<double[]> features = new ArrayList<>();
        List<Integer> labels = new ArrayList<>();
        try (InputStream file =
                        Objects.requireNonNull(Digits.class.getResourceAsStream("digits.csv.gz"), "digits.csv.gz");
                BufferedReader lines = new BufferedReader(
                        new InputStreamReader(new GZIPInputStream(file), StandardCharsets.US_ASCII))) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                String[] numbers = line.split(",", -1);
                double[] pixels = new double[PIXELS];
                for (int i = 0; i < PIXELS; i++) {
                    pixels[i] = Integer.parseInt(numbers[i]) / DARKEST;
                }
                features.add(pixels);
                labels.add(Integer.valueOf(numbers[PIXELS]));
            }
        } catch (IOException e) {
            throw new UncheckedIOException("digits.csv.gz cannot be read", e);
        }
        return new Dataset(
                features.toArray(double[][]::new),
                labels.stream().mapToInt(Integer::intValue).toArray(),
                CLASSES);
    }
}
