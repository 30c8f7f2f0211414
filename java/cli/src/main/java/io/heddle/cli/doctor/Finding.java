package io.heddle.cli.doctor;

/**
 * One piece of advice.
 *
 * @param name a short name, stable across releases
 * @param what what was seen, with its figures
 * @param why why it hurts
 * @param advice what to do
 */
public record Finding(String name, String what, String why, String advice) {}
