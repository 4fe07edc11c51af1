"""The catalogue of everything that can go wrong, one code each, with its cause and its cure."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Code:
    """One entry of the catalogue, as `grader explain` prints it."""

    code: str
    """`GR` and three digits; the first digit says whose fault it is."""
    title: str
    """What happened, in one phrase."""
    cause: str
    """Why it happens."""
    cure: str
    """What to do next."""
    exit_code: int
    """The exit code of a command that ends with this error."""


def _table(*rows: tuple[str, str, str, str, int]) -> dict[str, Code]:
    return {row[0]: Code(*row) for row in rows}


#: 1xx the call, 2xx the lab's author, 3xx the submission, 4xx a limit, 5xx the grader, 6xx the machine.
CODES: dict[str, Code] = _table(
    # --- 1xx: the call ---------------------------------------------------------------------------------------
    ("GR101", "Unknown lab", "No lab.toml has this id.", "List the labs with `grader labs`.", 2),
    (
        "GR102",
        "No such file",
        "The path does not exist or is not a file.",
        "Check the path; quote it if it holds spaces.",
        2,
    ),
    (
        "GR103",
        "Not a run folder",
        "The folder does not hold the file that this stage reads.",
        "Run the stage before it, or `grader grade`.",
        2,
    ),
    (
        "GR104",
        "Unknown profile or parameter",
        "lab.toml does not name it.",
        "See `grader labs show LAB` for the names.",
        2,
    ),
    ("GR105", "Unknown check", "The lab has no check of this name.", "See `grader labs show LAB` for the names.", 2),
    (
        "GR106",
        "Cannot write here",
        "The folder for runs cannot be created or written.",
        "Choose another with `--runs DIR`.",
        2,
    ),
    (
        "GR107",
        "Unknown error code",
        "The catalogue has no such code.",
        "`grader explain` without a code lists them all.",
        2,
    ),
    # --- 2xx: the lab's author -------------------------------------------------------------------------------
    (
        "GR201",
        "lab.toml is not valid",
        "It does not match the lab schema; every error is listed.",
        "Correct the listed entries.",
        5,
    ),
    (
        "GR202",
        "A check module is not valid",
        "A check lacks its sentence, its points, or does not fit lab.toml.",
        "Correct the named check.",
        5,
    ),
    (
        "GR203",
        "A solution notebook cannot be released",
        "A solution region is not closed, or a tag is missing.",
        "Correct the named cell.",
        5,
    ),
    (
        "GR204",
        "A file of the lab is missing",
        "lab.toml names a file that is not there.",
        "Restore the file or correct lab.toml.",
        5,
    ),
    ("GR205", "The Hub catalogue is not valid", "An entry does not match its schema.", "Correct the named entry.", 5),
    (
        "GR206",
        "A case is not valid",
        "Its case.toml names something that does not exist, or an edit does not fit the reference run's artifacts.",
        "Correct the named case.",
        5,
    ),
    # --- 3xx: the submission ---------------------------------------------------------------------------------
    (
        "GR301",
        "Not a notebook",
        "The file is not readable as JSON, for example after a merge conflict or a broken download.",
        "Open it in Jupyter and save it again, or restore the last good version.",
        3,
    ),
    (
        "GR302",
        "Notebook format too old",
        "The notebook is in nbformat 3 or older.",
        "Open it in a current Jupyter and save it, or run `jupyter nbconvert --to notebook --nbformat 4`.",
        3,
    ),
    (
        "GR303",
        "No parameters cell",
        "No cell carries the tag `parameters`.",
        "Take the parameters cell from the lab's starter.",
        3,
    ),
    (
        "GR304",
        "More than one parameters cell",
        "Several cells carry the tag `parameters`.",
        "Keep the one from the lab's starter.",
        3,
    ),
    (
        "GR305",
        "The parameters cell was changed",
        "It must assign literal values to exactly the names of the lab.",
        "Take the parameters cell from the lab's starter.",
        3,
    ),
    (
        "GR306",
        "Parameters were already injected",
        "The notebook holds a cell tagged `injected-parameters`: it is the output of a run.",
        "Hand in the notebook you wrote, not the executed copy.",
        3,
    ),
    (
        "GR307",
        "Not a Python notebook",
        "The kernel of the notebook is not a Python kernel.",
        "Choose a Python 3 kernel in Jupyter and save.",
        3,
    ),
    (
        "GR308",
        "Notebook too large",
        "The file is larger than the lab allows, usually because of its outputs.",
        "Clear all outputs and save.",
        3,
    ),
    ("GR309", "Empty notebook", "There is no code in the notebook.", "Hand in the notebook of the lab.", 3),
    (
        "GR310",
        "Not a plain file",
        "The submission is a folder, a link or a device, or has a name that cannot be kept.",
        "Hand in the notebook file itself.",
        3,
    ),
    (
        "GR311",
        "Not a valid notebook",
        "The JSON is well formed but does not follow the notebook format.",
        "Open it in Jupyter and save it again.",
        3,
    ),
    (
        "GR312",
        "A parameter was overwritten",
        "A cell assigns a parameter again, so the injected value was not the one in force.",
        "Use the parameter as it is; choose another name for your own value.",
        3,
    ),
    (
        "GR313",
        "An artifact was refused",
        "Links, devices, odd names and oversized files are not collected.",
        "Write plain files with plain names to `output_dir`.",
        3,
    ),
    (
        "GR314",
        "An artifact is missing",
        "The notebook did not write a file that the lab asks for.",
        "Run the save cell of the lab and look into `output_dir`.",
        3,
    ),
    (
        "GR315",
        "An artifact cannot be read",
        "The file is truncated, not in the stated format, or not as its schema says.",
        "Write it with the call that the lab shows.",
        3,
    ),
    (
        "GR316",
        "Weights saved as a pickle",
        "Pickled files can run code when opened, so they are never read.",
        "Save with `save_pretrained`, which writes safetensors.",
        3,
    ),
    (
        "GR317",
        "Not a finite number",
        "A metric or a weight is NaN or infinite.",
        "Look at the loss: training has diverged, often by a learning rate that is too high.",
        3,
    ),
    (
        "GR318",
        "Notebook of another lab",
        "The notebook says that it belongs to another lab.",
        "Name the lab with `--lab`, or hand in the right file.",
        3,
    ),
    (
        "GR319",
        "A cell waits or installs",
        "The cell installs packages, logs in or asks for input: a graded run has nobody to answer and no internet.",
        "Remove the call; the packages and the Hub's token are already there.",
        0,
    ),
    (
        "GR320",
        "The notebook was repaired",
        "Cell ids were missing, not unique or not valid, or the file began with a byte-order mark.",
        "Nothing to do: what you handed in is kept. Saving in a current Jupyter avoids it.",
        0,
    ),
    (
        "GR321",
        "Another version of the lab",
        "The notebook was made from another version of the lab than the one that grades it.",
        "Nothing to do, unless a check names a step that your notebook does not have.",
        0,
    ),
    (
        "GR322",
        "Another kernel name",
        "The notebook names a Python kernel of another name; the grader runs it in its own.",
        "Nothing to do.",
        0,
    ),
    # --- 4xx: a limit ----------------------------------------------------------------------------------------
    (
        "GR401",
        "Time limit",
        "The notebook ran longer than the lab allows.",
        "Make the named cell cheaper; `--profile smoke` is a quick try.",
        4,
    ),
    ("GR402", "CPU limit", "The notebook used more CPU time than the lab allows.", "Make the named cell cheaper.", 4),
    (
        "GR403",
        "Memory limit",
        "The processes of the notebook together needed more memory than the lab allows.",
        "Use smaller batches, or process the data in pieces.",
        4,
    ),
    (
        "GR404",
        "Process limit",
        "The notebook started more processes than the lab allows.",
        "Start fewer workers; `num_proc=2` is enough.",
        4,
    ),
    ("GR405", "Output limit", "A cell printed more than the lab allows.", "Print less, above all inside loops.", 4),
    (
        "GR406",
        "Disk limit",
        "The notebook wrote more, or a larger file, than the lab allows.",
        "Save the final model only; `save_total_limit=2` helps.",
        4,
    ),
    (
        "GR407",
        "The kernel died",
        "The Python process of the notebook ended by itself.",
        "Look at the named cell: an exit call, or a crash in native code.",
        4,
    ),
    (
        "GR408",
        "Too many artifacts",
        "`output_dir` holds more files, bytes or levels than the lab allows.",
        "Save what the lab asks for, nothing else.",
        4,
    ),
    (
        "GR409",
        "A cell raised an error",
        "The notebook stopped at an exception.",
        "Run the notebook from the top and correct the named cell.",
        1,
    ),
    (
        "GR410",
        "Exercise not attempted",
        "The notebook stopped at a stub of the starter.",
        "Write the named exercise.",
        1,
    ),
    (
        "GR411",
        "Interrupted",
        "The run was interrupted from the keyboard.",
        "Start it again; finished runs are kept.",
        130,
    ),
    # --- 5xx: the grader -------------------------------------------------------------------------------------
    (
        "GR501",
        "A check broke",
        "The check itself raised an error: our fault, it costs no points.",
        "Send the run's id to your instructor.",
        5,
    ),
    (
        "GR502",
        "A verdict is missing",
        "The check process did not answer for every check.",
        "Send the run's id to your instructor.",
        5,
    ),
    (
        "GR503",
        "The sandbox failed",
        "The containment could not be built or ended unexpectedly.",
        "Run `grader doctor`.",
        5,
    ),
    (
        "GR504",
        "A measurement broke",
        "The measuring code itself raised an error.",
        "Send the run's id to your instructor.",
        5,
    ),
    ("GR505", "The Hub failed", "The embedded Hub did not start or ended unexpectedly.", "Run `grader doctor`.", 5),
    ("GR506", "The notebook runner failed", "Papermill or the kernel could not be started.", "Run `grader doctor`.", 5),
    ("GR507", "Disk full", "The grader could not write its own files.", "Free some space; finished runs are kept.", 5),
    (
        "GR508",
        "The report failed",
        "A page could not be made from grade.json.",
        "Send the run's id to your instructor.",
        5,
    ),
    (
        "GR509",
        "A bug in the grader",
        "An error that nobody foresaw.",
        "Send the traceback in the run's folder to your instructor.",
        5,
    ),
    (
        "GR510",
        "A run file is damaged",
        "A file of the run does not match its schema: edited, cut off, or of another version.",
        "Grade the notebook again.",
        5,
    ),
    # --- 6xx: the machine ------------------------------------------------------------------------------------
    (
        "GR601",
        "No GPU",
        "The lab or a check asks for a GPU and none was found.",
        "Nothing is lost: those checks are judged where there is one.",
        6,
    ),
    (
        "GR602",
        "Sandbox not available",
        "This machine cannot give the containment that was asked for.",
        "Run `grader doctor`, or allow a weaker one with `--sandbox process`.",
        6,
    ),
    (
        "GR603",
        "Python environment incomplete",
        "A package of the lab is missing or has another version.",
        "Run `make setup`.",
        6,
    ),
    (
        "GR604",
        "Hub data not built",
        "The models and data of this lab are not in the cache and cannot be built here.",
        "Run `grader hub build`.",
        6,
    ),
    ("GR605", "No loopback network", "The embedded Hub could not listen on 127.0.0.1.", "Run `grader doctor`.", 6),
)
