"""Settings for teachers who grade the lessons with nbgrader: copy this file into your nbgrader course folder.

Put solution editions (notebooks/solutions/) into source/NAME/, then `nbgrader generate_assignment NAME`; collect what
students hand in; `nbgrader autograde NAME`. nbgrader and its kernels have to find the course (`pip install` it).
"""

from nbconvert.preprocessors import ClearMetadataPreprocessor
from nbgrader.preprocessors import (
    AssignLatePenalties,
    CheckCellMetadata,
    ClearOutput,
    DeduplicateIds,
    Execute,
    IgnorePattern,
    LimitOutput,
    OverwriteCells,
    OverwriteKernelspec,
    SaveAutoGrades,
)
from nbgrader.utils import is_grade

from utils.headless import HeadlessClient


class ForgetDuplicates(DeduplicateIds):
    """Takes the nbgrader metadata off copied and split cells.

    nbgrader 0.9.6 leaves an empty dictionary there, takes that for metadata of an old version one step later, and stops
    the whole class over one student's pasted cell.
    """

    def preprocess_cell(self, cell, resources, cell_index):
        cell, resources = super().preprocess_cell(cell, resources, cell_index)
        if not cell.metadata.get("nbgrader", True):
            del cell.metadata["nbgrader"]
        return cell, resources


class CallTheCoursesCheck(OverwriteCells):
    """Also makes every check cell call the course's own `check`, whatever the notebook has put under that name.

    A cell that prints nothing gets full marks in nbgrader. So a line such as `check = print` among the answers, meant
    or not, would give its author the points of all exercises below it.
    """

    def preprocess_cell(self, cell, resources, cell_index):
        cell, resources = super().preprocess_cell(cell, resources, cell_index)
        if cell.cell_type == "code" and is_grade(cell) and "= check(" in cell.source:
            cell.source = f"from utils.lesson import check\n{cell.source}"
        return cell, resources


class ExecuteHeadless(HeadlessClient, Execute):
    """Runs a submission; unlike nbgrader's own, it does not wait ten minutes for a slider now and then."""


c = get_config()  # noqa: F821 - nbgrader defines it
c.CourseDirectory.course_id = "sequence-models"
c.Autograde.sanitize_preprocessors = [
    ClearOutput,
    ForgetDuplicates,
    OverwriteKernelspec,
    CallTheCoursesCheck,
    CheckCellMetadata,
]
# nbgrader's own, but for what runs the cells.
c.Autograde.autograde_preprocessors = [
    ExecuteHeadless,
    IgnorePattern,
    ClearMetadataPreprocessor,
    LimitOutput,
    SaveAutoGrades,
    AssignLatePenalties,
    CheckCellMetadata,
]
c.Execute.timeout = 600  # seconds a cell; the default of 30 is short for a cell that trains a model
