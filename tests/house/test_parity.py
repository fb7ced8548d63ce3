"""Everything the interface can do, the command line can do: each route has its command."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import typer

from veduta.cli.app import app

# What a browser needs and a shell has anyway: sessions and sockets, pictures as files, lists of folders.
OF_BROWSERS = {
    "get_session", "open_session", "close_session", "activity_events", "photo_thumbnail", "photo_original",
    "photo_neighbors", "face_crop", "version_thumbnail", "folder_choices", "fetch_export", "bank_picture",
    "edit_job_file",
}  # fmt: skip
COMMANDS = {
    "status": "status --facts",
    "activity": "status",
    "scan": "add",
    "cancel": "add",
    "retry": "problems retry",
    "list_problems": "problems",
    "timeline": "timeline",
    "list_photos": "search",
    "change_photos": "edit --favorite --rating --title --description --keyword --hide",
    "change_photo": "edit",
    "get_photo": "show",
    "photo_findings": "show --findings",
    "finding_activation": "show --why",
    "photo_similar": "similar",
    "search": "search",
    "suggest": "suggest",
    "search_picture": "similar",
    "list_albums": "albums",
    "make_album": "albums create --query",
    "get_album": "albums show",
    "change_album": "albums rename; albums query",
    "delete_album": "albums delete",
    "add_to_album": "albums add",
    "remove_from_album": "albums remove",
    "list_people": "people --hidden",
    "get_person": "people list",
    "merge_people": "people merge",
    "change_person": "people name; people hide --show",
    "forget_person": "people forget",
    "split_person": "people split",
    "person_faces": "people faces",
    "not_this_person": "people not",
    "assign_face": "people assign --name",
    "map_view": "map",
    "list_places": "places",
    "memories": "memories",
    "trips": "trips",
    "list_duplicates": "duplicates",
    "list_folders": "folders",
    "add_folder": "add --watch --exclude",
    "change_folder": "folders change --watch --exclude",
    "remove_folder": "folders remove",
    "get_settings": "settings",
    "change_settings": "settings set --on --off --watch --exclude",
    "list_recognizers": "settings recognizers",
    "list_models": "models list",
    "make_export": "export --id --album --no-location --anonymize --style",
    "get_bank": "landmarks review",
    "list_bank_landmarks": "landmarks review --name",
    "get_bank_landmark": "landmarks review --landmark",
    "list_bank_photos": "landmarks review --landmark",
    "give_references": "landmarks clean --references",
    "put_back_photos": "landmarks clean --restore",
    # A shell sees the progress of the command itself, and stops it by Ctrl-C.
    "start_cleaning": "landmarks clean",
    "get_cleaning": "landmarks clean",
    "stop_cleaning": "landmarks clean",
    "edit_operations": "adjust --list",
    "edit_preview": "adjust --edits --side",
    "edit_neutral": "adjust --gray",
    "count_people": "count --region",
    "make_stack": "stack",
    "enlarge_photo": "upscale --by --method",
    "fuse_photos": "fuse --by --region",
    "paint_photo": "style --style --strength --colors --side",
    "make_panorama": "match --stitch",
    "list_edit_jobs": "versions render",
    "get_edit_job": "versions render",
    "stop_edit_job": "versions render",
    "list_versions": "versions list",
    "make_version": "versions create --edits --name",
    "get_version": "versions show",
    "change_version": "versions change --edits --name",
    "delete_version": "versions delete",
    "render_version": "versions render",
    "version_file": "versions export --no-location",
    "suggest_masks": "masks find --what",
    "select_mask": "masks select --point --box --mask",
    "combine_masks": "masks combine --grow --invert",
    "list_masks": "masks list",
    "keep_mask": "masks keep --name",
    "load_mask": "masks keep --name",
    "get_mask": "masks show",
    "delete_mask": "masks delete",
    "mask_file": "masks export",
    "list_annotation_projects": "learn annotate list",
    "make_annotation_project": "learn annotate create --class",
    "get_annotation_project": "learn annotate list",
    "change_annotation_project": "learn annotate classes --class",
    "delete_annotation_project": "learn annotate delete",
    "list_annotation_images": "learn annotate show",
    "add_annotation_images": "learn annotate add",
    "remove_annotation_image": "learn annotate remove",
    "get_annotations": "learn annotate show --annotator",
    "set_annotations": "learn annotate load --annotator",
    "suggest_annotations": "learn annotate suggest --what",
    "annotation_agreement": "learn annotate agreement --iou",
    "annotation_file": "learn annotate export --annotator",
    "make_parallax": "space parallax --ground --standing --right --show --path --strength --focus --seconds --side",
    "start_parallax": "space parallax --ground --standing --right --show --path --strength --focus --seconds --side",
    "stereo_depth": "space depth --rig --focal --baseline --offset --disparities --method --sure --preview",
    "stereo_obstacles": "space obstacles --rig --focal --baseline --offset --disparities --method --high --shape-only",
    "clean_picture_set": "learn clean --out --report --labels",
    "build_sections": "space slices --pixel --thickness --edge --turn --rigid --aligned --straighten --ground"
    " --skip-unreadable",
    "match_photos": "match --features",
    "draw_match": "match --draw",
    "message_room": "hide --capacity",
    "hide_message": "hide --text --robust --password --fidelity",
    "reveal_message": "reveal --password",
    "load_annotations": "learn annotate load --annotator",
}


def routes() -> set[str]:
    """The operations of the API."""
    from veduta.server.app import create_app

    schema = create_app(Path("nowhere"), background=False).openapi()
    return {operation["operationId"] for path in schema["paths"].values() for operation in path.values()}


def find(words: str) -> tuple[Any, list[str]]:
    """A command, and the options that are asked of it."""
    found: Any = typer.main.get_command(app)
    options = [word for word in words.split() if word.startswith("--")]
    for name in words.split():
        if not name.startswith("--"):
            found = found.get_command(found.context_class(found), name)
            assert found is not None, words
    return found, options


def test_each_route_has_a_command() -> None:
    assert routes() == OF_BROWSERS | COMMANDS.keys()


@pytest.mark.parametrize(
    "words", sorted({one.strip() for words in COMMANDS.values() for one in words.split(";")})
)
def test_the_commands_are_there_and_speak_json(words: str) -> None:
    command, options = find(words)
    known = {flag for parameter in command.params for flag in (*parameter.opts, *parameter.secondary_opts)}
    assert {"--json", *options} <= known
