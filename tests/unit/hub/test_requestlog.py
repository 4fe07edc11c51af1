from pathlib import Path

from grader.hub.requestlog import FILE_NAME, TEXT, RequestLog, RequestRecord, read_log
from tests.fakes.hub_http import Client

RECORD = RequestRecord("2025-01-01T00:00:00.000Z", "GET", "/x", "", "info", 200, "ada", 0, 5, 0.1)


def test_records_come_back_in_order(tmp_path: Path):
    log = RequestLog(tmp_path)
    log.append(RECORD)
    log.append(RECORD)
    log.close()

    assert read_log(tmp_path) == [RECORD, RECORD]


def test_a_line_that_a_crash_cut_off_is_left_out(tmp_path: Path):
    log = RequestLog(tmp_path)
    log.append(RECORD)
    log.close()
    with (tmp_path / FILE_NAME).open("ab") as file:
        file.write(b'{"at": "2025')

    assert read_log(tmp_path) == [RECORD]


def test_without_a_log_there_were_no_requests(tmp_path: Path):
    assert read_log(tmp_path) == []


def test_a_client_does_not_choose_how_long_our_lines_are(ada: Client, tmp_path: Path):
    ada.get("/" + "x" * 5000, headers={"User-Agent": "y" * 5000})
    ada.session.close()

    record = read_log(tmp_path / "overlay")[-1]
    assert (len(record.path), len(record.agent), record.route, record.status) == (TEXT, TEXT, "unsupported", 404)
