import pytest

from cnnlab.commands import UserError, run_command


def test_what_the_user_can_mend_is_told_without_a_traceback(capsys):
    def refuse():
        raise UserError("faces.zip is cut off. Copy it again.")

    assert run_command(refuse) == 1
    assert capsys.readouterr().err == "faces.zip is cut off. Copy it again.\n"


def test_our_own_faults_keep_their_traceback():
    with pytest.raises(ZeroDivisionError):
        run_command(lambda: 1 / 0)


def test_an_interrupted_command_says_that_nothing_is_lost(capsys):
    def interrupt():
        raise KeyboardInterrupt

    assert run_command(interrupt) == 130
    assert "run the same again" in capsys.readouterr().err


def test_success_is_silent(capsys):
    assert run_command(lambda: None) == 0
    assert capsys.readouterr() == ("", "")
