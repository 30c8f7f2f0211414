package io.heddle;

import static com.tngtech.archunit.base.DescribedPredicate.not;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** The dependency line of core: every package uses those after it only. */
class ArchitectureTest {
    private static final List<String> LINE = List.of(
            "io.heddle",
            "io.heddle.dispatch",
            "io.heddle.backend",
            "io.heddle.limit..",
            "io.heddle.control..",
            "io.heddle.discovery",
            "io.heddle.ffi",
            "io.heddle.bindings");
    private static final String[] BESIDE = {"io.heddle.topology", "io.heddle.event"};

    private static final JavaClasses CLASSES = new ClassFileImporter()
            .withImportOption(new ImportOption.DoNotIncludeTests())
            .importPackages("io.heddle");

    @Test
    void everyPackageHasItsPlaceInTheLine() {
        String[] places = LINE.toArray(new String[0]);
        assertThat(CLASSES.stream()
                        .filter(not(resideInAnyPackage(places).or(resideInAnyPackage(BESIDE))))
                        .map(JavaClass::getName)
                        .collect(Collectors.toList()))
                .isEmpty();
        for (String place : LINE) {
            assertThat(CLASSES.stream().filter(resideInAPackage(place)).count())
                    .as("classes in %s", place)
                    .isPositive();
        }
    }

    @Test
    void noPackageUsesOneBeforeIt() {
        for (int place = 1; place < LINE.size(); place++) {
            noClasses()
                    .that()
                    .resideInAPackage(LINE.get(place))
                    .should()
                    .dependOnClassesThat()
                    .resideInAnyPackage(LINE.subList(0, place).toArray(new String[0]))
                    .check(CLASSES);
        }
        noClasses()
                .that()
                .resideInAnyPackage(BESIDE)
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(LINE.toArray(new String[0]))
                .check(CLASSES);
    }

    @Test
    void noPackagesUseEachOther() {
        slices().matching("io.heddle.(**)").should().beFreeOfCycles().check(CLASSES);
    }

    @Test
    void foreignMemoryIsUsedInFfiAndItsBindingsOnly() {
        noClasses()
                .that()
                .resideOutsideOfPackages("io.heddle.ffi", "io.heddle.bindings")
                .should()
                .dependOnClassesThat()
                .resideInAPackage("java.lang.foreign..")
                .check(CLASSES);
        noClasses()
                .that()
                .resideOutsideOfPackages("io.heddle.ffi", "io.heddle.bindings")
                .should()
                .dependOnClassesThat()
                .resideInAPackage("io.heddle.bindings")
                .check(CLASSES);
    }

    @Test
    void whatIsInternalIsSeenFromTheLayersBeforeItOnly() {
        noClasses()
                .that()
                .resideOutsideOfPackages("io.heddle.control.internal", "io.heddle.limit.internal", "io.heddle")
                .should()
                .dependOnClassesThat()
                .resideInAPackage("io.heddle.control.internal")
                .check(CLASSES);
        noClasses()
                .that()
                .resideOutsideOfPackages(
                        "io.heddle.limit.internal", "io.heddle", "io.heddle.dispatch", "io.heddle.backend")
                .should()
                .dependOnClassesThat()
                .resideInAPackage("io.heddle.limit.internal")
                .check(CLASSES);
    }
}
